/** What the function writes beside the gateway's own log: the runtime client's words, made short. */

/** Node's messages about its debugger; `welcome.ts` says where it listens. */
const ofDebugger =
  /^(?:Debugger (?:listening on|attached|ending on)|For help, see: https:\/\/nodejs\.org|Waiting for the debugger)/;

/** `null` for an empty line. The runtime client's own have time, request id, level and message, with tabs between. */
export function shortLine(line: string): string | null {
  if (line.trim() === '' || ofDebugger.test(line)) return null;
  const [, , level, message, details] = line.split('\t');
  if (level === undefined || message === undefined) return line;
  return `${level.toLowerCase()}: ${message.trim()}${details ? ` ${errorMessage(details)}` : ''}`;
}

/** The runtime client writes an error as JSON, stack and all. */
function errorMessage(details: string): string {
  try {
    const { errorMessage: message } = JSON.parse(details) as { errorMessage?: string };
    return message ?? details;
  } catch {
    return details;
  }
}
