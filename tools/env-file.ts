/**
 * Dotenv text from which wrangler reads exactly these values. wrangler expands `$NAME` even between single quotes, and has
 * no escape for the quotes themselves.
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
    throw new Error(`${name} contains characters that cannot be passed to wrangler. Use others in this value.`);
  }
  return mark + value.replaceAll('$', '\\$') + mark;
}
