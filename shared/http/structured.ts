/** Writes the Structured Fields (RFC 9651) that the gateway sends. It reads none. */

export interface Token {
  readonly kind: 'token';
  readonly text: string;
}
export type Item = Token | string | number | boolean;

const tokenForm = /^[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]*$/;
const keyForm = /^[a-z*][a-z0-9_.*-]*$/;
const printable = /^[\u0020-\u007e]*$/;
/** Integers have at most 15 digits (section 3.3.1). */
const largestInteger = 999_999_999_999_999;

/** A token (section 3.3.4). Throws when the text cannot be one: ids are checked where they are configured. */
export function token(text: string): Token {
  if (!tokenForm.test(text)) throw new TypeError('not a token of RFC 9651');
  return { kind: 'token', text };
}

/** `a=1, b=word, c` (section 3.2). Members that are `null` are left out. Throws for what cannot be written: then the caller is broken. */
export function dictionary(members: Readonly<Record<string, Item | null>>): string {
  let text = '';
  for (const [key, item] of Object.entries(members)) {
    if (item === null) continue;
    if (!keyForm.test(key)) throw new TypeError('not a key of RFC 9651');
    text += `${text && ', '}${key}${item === true ? '' : `=${bare(item)}`}`;
  }
  return text;
}

function bare(item: Item): string {
  if (typeof item === 'object') return item.text;
  if (typeof item === 'boolean') return item ? '?1' : '?0';
  if (typeof item === 'number') {
    if (!Number.isInteger(item) || Math.abs(item) > largestInteger) throw new TypeError('not an integer of RFC 9651');
    return String(item);
  }
  if (!printable.test(item)) throw new TypeError('not a string of RFC 9651');
  return `"${item.replace(/["\\]/g, '\\$&')}"`;
}
