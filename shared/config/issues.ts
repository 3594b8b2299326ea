/** What is wrong with a configuration: where, what, and how to fix it. Secrets are never repeated. */
import type { Environment } from './environment.ts';

/** One thing that is wrong, as it is shown. `value` is left out where it could be a secret. */
export interface Issue extends IssueText {
  /** `pools.app.origins[1].url`, or `SESSION_KEYS[0].alg`. */
  readonly path: string;
  readonly value?: string;
}

export interface IssueText {
  /** Continues the path: "is not a list". */
  readonly message: string;
  /** How to fix it. */
  readonly remedy: string;
}

/** As a check reports it, before secrets are taken out. */
export interface RawIssue extends IssueText {
  readonly keys: readonly Key[];
  readonly value?: unknown;
}

export type Key = string | number;

/** `pools.app.origins[1].url`. A key that is not a plain word is quoted. */
export function pathText(keys: readonly Key[]): string {
  let text = '';
  for (const key of keys) {
    if (typeof key === 'number') text += `[${key}]`;
    else if (/^[A-Za-z_$][\w$-]*$/.test(key)) text += text === '' ? key : `.${key}`;
    else text += `[${shorten(JSON.stringify(key))}]`;
  }
  return text === '' ? 'the configuration' : text;
}

/** Settings that hold a secret. Neither their value nor a value below them is ever shown. */
const secretKeys = new Set(['token', 'secret', 'clientSecret', 'jwks', 'SESSION_KEYS', 'GATEWAY_TOKENS']);
/** Objects in whose place a secret is easily put by mistake. */
const secretHolders = new Set(['commands', 'cloudfront']);
export const isSecret = (keys: readonly Key[]): boolean =>
  keys.some((key) => secretKeys.has(String(key))) || secretHolders.has(String(keys.at(-1)));

/** A longer value would hide the message. */
const maxShownLength = 80;

/** How a value is shown, or `undefined` where there is none or it could be a secret. */
export function shownValue(value: unknown, keys: readonly Key[], redact: Redact): string | undefined {
  if (value === undefined || isSecret(keys)) return undefined;
  if (typeof value === 'string') return shorten(JSON.stringify(withoutCredentials(redact(value))));
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  return typeof value === 'function' ? 'a function' : shorten(String(value));
}

const shorten = (text: string): string => (text.length > maxShownLength ? `${text.slice(0, maxShownLength)}…` : text);

/** `https://user:password@host` without the credentials (RFC 3986, section 3.2.1). */
const withoutCredentials = (text: string): string => text.replace(/\/\/.*@/s, '//…@');

export function issueOf({ keys, message, remedy, value }: RawIssue, redact: Redact): Issue {
  const text = shownValue(value, keys, redact);
  return { path: pathText(keys), ...(text !== undefined && { value: text }), message, remedy };
}

/** Names of variables that hold secrets. */
const secretName = /TOKEN|SECRET|KEY|PASS|CREDENTIAL/i;
/** Shorter values would be found in ordinary words. */
const minSecretLength = 6;

/** Takes out secrets that were put into another setting or into the text of an error. */
export type Redact = (text: string) => string;

export function redactor(env: Environment): Redact {
  const secrets = Object.entries(env).flatMap(([name, value]) =>
    typeof value === 'string' && value.length >= minSecretLength && secretName.test(name) ? [value] : [],
  );
  return (text) => secrets.reduce((clean, secret) => clean.replaceAll(secret, '…'), text);
}

/** The known word that was probably meant, or `null`: at most two typos away, and fewer than half of its letters. */
export function nearestWord(word: string, known: Iterable<string>): string | null {
  let best: { readonly word: string; readonly typos: number } | null = null;
  for (const candidate of known) {
    const typos = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (typos <= 2 && typos * 2 < candidate.length && (best === null || typos < best.typos)) {
      best = { word: candidate, typos };
    }
  }
  return best?.word ?? null;
}

/** The Damerau-Levenshtein distance: two swapped letters count as one typo. */
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
