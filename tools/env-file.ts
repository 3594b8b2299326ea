/**
 * Dotenv text that gives back exactly these values when wrangler reads it: wrangler expands `$NAME` even between
 * single quotes, and knows no escape for the quotes themselves.
 */
export function envFileText(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => `${name}=${quote(name, value)}\n`)
    .join('');
}

function quote(name: string, value: string): string {
  const mark = ["'", '`'].find((candidate) => !value.includes(candidate));
  // A backslash before the closing quote would keep it open; a carriage return would come back as a line feed.
  if (mark === undefined || value.endsWith('\\') || /[\0\r]/.test(value)) {
    throw new Error(`${name} holds characters that cannot be handed to wrangler: use other ones in this value.`);
  }
  return mark + value.replaceAll('$', '\\$') + mark;
}
