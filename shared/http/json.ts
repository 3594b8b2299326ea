/**
 * Strict JSON. Parsers disagree about an object that names a member twice (RFC 8259, section 4). For credentials, commands
 * and configuration there must be one reading, so such a text is refused.
 */

export type JsonObject = Readonly<Record<string, unknown>>;

export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A whole number of at least 0 that is exact. */
export const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

export type JsonReading =
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'malformed' }
  /** An object, at any depth, names a member twice. */
  | { readonly kind: 'duplicate' };

export function readJson(text: string): JsonReading {
  return read(text, false);
}

/** `null`: no strict JSON, no object, or a member `__proto__`, which is dangerous in a later assignment. */
export function readJsonObject(text: string): JsonObject | null {
  const reading = read(text, true);
  return reading.kind === 'json' && isJsonObject(reading.value) ? reading.value : null;
}

function read(text: string, refusesProto: boolean): JsonReading {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Without the parser's message, which quotes the text: it may be a secret.
    return { kind: 'malformed' };
  }
  return namesAreSound(text, refusesProto) ? { kind: 'json', value } : { kind: 'duplicate' };
}

/** Brackets, and strings with the colon that makes them a name. Enough for a text that is valid JSON. */
const landmark = /"((?:[^"\\]|\\.)*)"(\s*:)?|[{}]/g;

function namesAreSound(text: string, refusesProto: boolean): boolean {
  const open: Set<string>[] = [];
  for (const [sign, inner, colon] of text.matchAll(landmark)) {
    if (sign === '{') open.push(new Set(refusesProto ? ['__proto__'] : []));
    else if (sign === '}') open.pop();
    else if (colon !== undefined) {
      const name = (inner as string).includes('\\') ? (JSON.parse(`"${inner}"`) as string) : (inner as string);
      const names = open.at(-1) as Set<string>;
      if (names.has(name)) return false;
      names.add(name);
    }
  }
  return true;
}
