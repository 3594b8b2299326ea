/** Formats the gateway's JSON log lines for a terminal: one line per request, with code and reason if it failed. */
export interface LineStyle {
  readonly colours: boolean;
}

const onTerminal: LineStyle = { colours: process.stdout.isTTY === true && !process.env.NO_COLOR };

/** `null` for a line that is not a log line of the gateway, for example one from wrangler. */
export function formatLine(jsonLine: string, style: LineStyle = onTerminal): string | null {
  const line = parse(jsonLine);
  if (!line) return null;
  const text = line.event === 'request' ? requestLine(line, paint(style)) : eventLine(line, paint(style));
  return text.trimEnd();
}

type Line = Readonly<Record<string, unknown>> & { readonly event: string };
type Paint = (colour: keyof typeof codes, text: string) => string;

function requestLine(line: Line, colour: Paint): string {
  const status = Number(line.status);
  const attempts = Number(line.attempts);
  const columns = [
    colour('dim', clock(line.at)),
    show(line.method).padEnd(6),
    show(line.path).padEnd(30),
    colour(status >= 500 ? 'red' : status >= 400 ? 'yellow' : 'green', show(line.status)),
    colour('dim', `${Math.round(Number(line.ms) || 0)} ms`.padStart(7)),
    colour('bold', show(line.origin).padEnd(4)),
    show(line.because).padEnd(12),
    colour('dim', show(line.session).padEnd(9)),
    attempts > 1 ? colour('yellow', `${attempts} attempts`) : '',
    line.code === undefined ? '' : colour('red', failure(line)),
  ];
  return columns.filter((column, index) => column !== '' || index < 8).join('  ');
}

const failure = ({ code, reason }: Line) => (reason === undefined ? show(code) : `${show(code)}: ${show(reason)}`);

/** Fields that every event has. The others are shown as they are. */
const everywhere = new Set(['event', 'at', 'request_id']);

function eventLine(line: Line, colour: Paint): string {
  const details = Object.entries(line)
    .filter(([name, value]) => !everywhere.has(name) && value !== null && value !== undefined)
    .map(([name, value]) => `${printable(name)}=${show(value)}`);
  return [colour('dim', clock(line.at)), colour('cyan', printable(line.event)), details.join(' ')].join('  ');
}

function parse(text: string): Line | null {
  if (!text.startsWith('{')) return null;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && 'event' in value && typeof value.event === 'string'
      ? (value as Line)
      : null;
  } catch {
    return null;
  }
}

const show = (value: unknown): string => {
  if (value === null || value === undefined) return '-';
  return printable(typeof value === 'object' ? JSON.stringify(value) : String(value));
};

// Paths come from clients. Control characters in them must not reach the terminal.
const printable = (text: string): string => text.replace(/[\x00-\x1f\x7f-\x9f]/g, '\ufffd');

/** Local time of day, from RFC 3339 text or milliseconds since the epoch. */
function clock(at: unknown): string {
  const date = new Date(typeof at === 'number' || typeof at === 'string' ? at : Number.NaN);
  return Number.isNaN(date.getTime()) ? '--:--:--' : date.toTimeString().slice(0, 8);
}

// SGR parameters (ECMA-48, section 8.3.117).
const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;

const paint =
  ({ colours }: LineStyle): Paint =>
  (colour, text) =>
    colours ? `\x1b[${codes[colour]}m${text}\x1b[0m` : text;
