/**
 * JSON in which no object names a member twice. Parsers disagree on which of the two counts (RFC 8259, section 4), and
 * for keys and credentials there must be one answer.
 */
export type JsonReading =
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'malformed' }
  | { readonly kind: 'duplicate' };

export function readStrictJson(text: string): JsonReading {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, which is a secret.
    return { kind: 'malformed' };
  }
  return hasDuplicates(text) ? { kind: 'duplicate' } : { kind: 'json', value };
}

/** Of text that is known to be JSON: only strings and brackets have to be told apart. */
function hasDuplicates(text: string): boolean {
  const open: (Set<string> | null)[] = [];
  for (const [, string, colon, bracket] of text.matchAll(/("(?:[^"\\]|\\.)*")(\s*:)?|([{}[\]])/g)) {
    if (bracket === '{') open.push(new Set());
    else if (bracket === '[') open.push(null);
    else if (bracket) open.pop();
    else if (colon) {
      const members = open.at(-1);
      const name = JSON.parse(string as string) as string;
      if (members?.has(name)) return true;
      members?.add(name);
    }
  }
  return false;
}
