/** How problems are told: a path, what is wrong, and how to mend it, without ever repeating a secret. */
import type { Environment } from './input.ts';
import type { Issue } from './settings.ts';

export type Key = string | number;

/** `pools.app.origins[1].url`; a key that is no plain word is quoted. */
export function pathText(keys: readonly Key[]): string {
  let text = '';
  for (const key of keys) {
    if (typeof key === 'number') text += `[${key}]`;
    else if (/^[A-Za-z_$][\w$-]*$/.test(key)) text += text === '' ? key : `.${key}`;
    else text += `[${shorten(JSON.stringify(key))}]`;
  }
  return text === '' ? 'the configuration' : text;
}

/** Settings that hold a secret, wherever they stand. Nothing at or below one is ever shown. */
const secretKeys = new Set(['token', 'secret', 'clientSecret', 'jwks', 'SESSION_KEYS', 'GATEWAY_TOKENS']);
/** Where a secret is easily put in place of the object that holds it. */
const secretHolders = new Set(['commands', 'cloudfront']);
export const isSecret = (keys: readonly Key[]): boolean =>
  keys.some((key) => secretKeys.has(String(key))) || secretHolders.has(String(keys.at(-1)));

/** More would hide the message it stands beside. */
const maxShownLength = 80;

/** How a value is shown in a problem, or `undefined` when there is nothing to show or it might be a secret. */
export function shownValue(value: unknown, keys: readonly Key[], redact: Redact): string | undefined {
  if (value === undefined || isSecret(keys)) return undefined;
  if (typeof value === 'string') return shorten(JSON.stringify(withoutCredentials(redact(value))));
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  return typeof value === 'function' ? 'a function' : shorten(String(value));
}

const shorten = (text: string): string => (text.length > maxShownLength ? `${text.slice(0, maxShownLength)}…` : text);

/** `https://user:password@host`: the part before the `@` is nobody's business (RFC 3986, section 3.2.1). */
const withoutCredentials = (text: string): string => text.replace(/\/\/.*@/s, '//…@');

export interface RawIssue {
  readonly keys: readonly Key[];
  /** Continues the path: "is not a list". */
  readonly message: string;
  readonly remedy: string;
  readonly value?: unknown;
}

export function issueOf({ keys, message, remedy, value }: RawIssue, redact: Redact): Issue {
  const text = shownValue(value, keys, redact);
  return { path: pathText(keys), ...(text !== undefined && { value: text }), message, remedy };
}

/** Variables that hold secrets by their names. */
const secretName = /TOKEN|SECRET|KEY|PASS|CREDENTIAL/i;
/** Shorter ones would be found in every word. */
const minSecretLength = 6;

/** Takes out secrets that strayed into another setting, or into an error of the configuration's own. */
export type Redact = (text: string) => string;

export function redactor(env: Environment): Redact {
  const secrets = Object.entries(env).flatMap(([name, value]) =>
    typeof value === 'string' && value.length >= minSecretLength && secretName.test(name) ? [value] : [],
  );
  return (text) => secrets.reduce((clean, secret) => clean.replaceAll(secret, '…'), text);
}

/** The known word that was probably meant, or `null`: at most two slips away, and less than half the word. */
export function nearestWord(word: string, known: Iterable<string>): string | null {
  let best: { readonly word: string; readonly slips: number } | null = null;
  for (const candidate of known) {
    const slips = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (slips <= 2 && slips * 2 < candidate.length && (best === null || slips < best.slips)) {
      best = { word: candidate, slips };
    }
  }
  return best?.word ?? null;
}

/** Levenshtein's distance, two swapped letters counted as one slip. */
function editDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 2) return Number.POSITIVE_INFINITY;
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  const at = (i: number, j: number): number => rows[i]?.[j] ?? Number.POSITIVE_INFINITY;
  for (let i = 1; i <= a.length; i++) {
    rows[i] = [i];
    for (let j = 1; j <= b.length; j++) {
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(i - 2, j - 2) + 1 : Number.POSITIVE_INFINITY;
      const changed = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      (rows[i] as number[])[j] = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, changed, swapped);
    }
  }
  return at(a.length, b.length);
}

/** `a`, `b` and `c`. */
export function listed(words: Iterable<string>, last = 'and'): string {
  const all = [...words];
  return all.length < 2 ? all.join('') : `${all.slice(0, -1).join(', ')} ${last} ${all.at(-1)}`;
}
