/** JSON from outside, read so that nobody can understand it otherwise than we do (RFC 8259, section 4). */

export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * The object that the text is, or `null`: not JSON, not an object, or a member named twice at any depth, where parsers
 * disagree about which one counts. `__proto__` is refused too: it is data here and a trap in the next assignment.
 */
export function readJsonObject(text: string): JsonObject | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  return isJsonObject(value) && namesAreSound(text) ? value : null;
}

export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A whole number of at least 0 that is exact. */
export const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** Brackets, and strings with the colon that makes them a name. Enough, since the text is known to be valid JSON. */
const landmark = /"((?:[^"\\]|\\.)*)"(\s*:)?|[{}]/g;

function namesAreSound(text: string): boolean {
  const open: Set<string>[] = [];
  for (const [sign, inner, colon] of text.matchAll(landmark)) {
    if (sign === '{') open.push(new Set());
    else if (sign === '}') open.pop();
    else if (colon !== undefined) {
      const name = (inner as string).includes('\\') ? (JSON.parse(`"${inner}"`) as string) : (inner as string);
      const names = open.at(-1) as Set<string>;
      if (names.has(name) || name === '__proto__') return false;
      names.add(name);
    }
  }
  return true;
}
