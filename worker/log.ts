/** One structured line to Workers Logs. */
export const log = (line: Readonly<Record<string, unknown>>): void => console.log(JSON.stringify(line));
