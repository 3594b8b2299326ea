/** Shortens the lines that AWS's runtime client writes beside the gateway's log. */

/** Node's messages about its debugger; `welcome.ts` says where it listens. */
const ofDebugger =
  /^(?:Debugger (?:listening on|attached|ending on)|For help, see: https:\/\/nodejs\.org|Waiting for the debugger)/;

/** `null` for a line not worth showing. The runtime client's lines are time, request id, level and message, separated by tabs. */
export function shortLine(line: string): string | null {
  if (line.trim() === '' || ofDebugger.test(line)) return null;
  const [, , level, message, details] = line.split('\t');
  if (level === undefined || message === undefined) return line;
  return `${level.toLowerCase()}: ${message.trim()}${details ? ` ${errorMessage(details)}` : ''}`;
}

/** The runtime client writes an error as JSON with its stack. */
function errorMessage(details: string): string {
  try {
    const { errorMessage: message } = JSON.parse(details) as { errorMessage?: string };
    return message ?? details;
  } catch {
    return details;
  }
}
