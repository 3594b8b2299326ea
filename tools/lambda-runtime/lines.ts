/** What the function writes beside the gateway's own log: the runtime client's words, made short. */

/** `null` for an empty line. The runtime client's own have time, request id, level and message, with tabs between. */
export function shortLine(line: string): string | null {
  if (line.trim() === '') return null;
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
