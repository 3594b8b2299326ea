/**
 * `npm run keys`: prints a new SESSION_KEYS; standard output contains only the JSON. `npm run keys -- rotate` reads the current
 * set (from standard input, or SESSION_KEYS) and prints it with new keys in front. The new keys sign, the old ones are
 * still accepted. Rotate again when everything that the old keys signed has expired.
 */
import { text as readAll } from 'node:stream/consumers';
import { maxKeys, type Purpose, readSecrets } from '../shared/config/secrets.ts';

export interface KeySet {
  readonly keys: readonly PrivateKey[];
}
export interface PrivateKey extends JsonWebKey {
  readonly kid: string;
  readonly alg: string;
  readonly purpose: Purpose;
}

/** One key for each purpose. `now`: milliseconds since the epoch, for the names of the keys. */
export async function freshKeys(now: number = Date.now()): Promise<KeySet> {
  return { keys: [secretKey('session', 'HS256', now), secretKey('seal', 'A256GCM', now), await signingKey(now)] };
}

/**
 * New keys first, then as many of the old ones as fit: the newest of each purpose, then the second newest of each, and so
 * on. @throws CannotRotate when `present` is not a valid key set.
 */
export async function rotatedKeys(present: string, now: number = Date.now()): Promise<KeySet> {
  const { issues } = readSecrets({ SESSION_KEYS: present });
  if (issues.length > 0) {
    throw new CannotRotate(
      issues
        .map(
          ({ keys, message }) =>
            `${keys.map((key) => (typeof key === 'number' ? `key ${key + 1}` : key)).join(', ')} ${message}`,
        )
        .join('\n'),
    );
  }
  const fresh = await freshKeys(now);
  const old = (JSON.parse(present) as KeySet).keys;
  const rank = (key: PrivateKey): number => old.filter(({ purpose }) => purpose === key.purpose).indexOf(key);
  const kept = new Set(old.toSorted((a, b) => rank(a) - rank(b)).slice(0, maxKeys - fresh.keys.length));
  return { keys: [...fresh.keys, ...old.filter((key) => kept.has(key))] };
}

export class CannotRotate extends Error {}

const secretBytes = 32;

function secretKey(purpose: Purpose, alg: string, now: number): PrivateKey {
  const k = Buffer.from(crypto.getRandomValues(new Uint8Array(secretBytes))).toString('base64url');
  return { kid: keyName(purpose, now), purpose, alg, kty: 'oct', k };
}

async function signingKey(now: number): Promise<PrivateKey> {
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
  const { kty, crv, x, y, d } = await crypto.subtle.exportKey('jwk', pair.privateKey);
  return { kid: keyName('assertion', now), purpose: 'assertion', alg: 'ES256', kty, crv, x, y, d } as PrivateKey;
}

/** For example `session-2026-11-21-x7k2`: shows the purpose and the age of a key. */
function keyName(purpose: Purpose, now: number): string {
  const letters = 'abcdefghijkmnpqrstuvwxyz23456789';
  const tail = [...crypto.getRandomValues(new Uint8Array(4))].map((byte) => letters[byte % letters.length]).join('');
  return `${purpose}-${new Date(now).toISOString().slice(0, 10)}-${tail}`;
}

async function main(args: readonly string[]): Promise<void> {
  if (args.length === 0) return print(await freshKeys());
  if (args.length !== 1 || args[0] !== 'rotate') throw new CannotRotate('Usage: npm run keys [-- rotate]');
  const present = process.env.SESSION_KEYS || (process.stdin.isTTY ? '' : await readAll(process.stdin));
  return print(await rotatedKeys(present));
}

const print = (keys: KeySet): void => console.log(JSON.stringify(keys, null, 2));

if (import.meta.main) {
  try {
    await main(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof CannotRotate)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
