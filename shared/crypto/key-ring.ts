/**
 * Key rings: the first key signs or seals, every key verifies or opens. The imported keys are kept, not promises of them:
 * on Workers a request must not await what another request began.
 */
import type { SecretKey } from '../config/settings.ts';
import { type Bytes, base64url, equalInConstantTime } from './bytes.ts';
import { sha256 } from './digest.ts';

export interface RingKey {
  readonly kid: string;
  /** SHA-256 (base64url) of the ring's label and the `kid`. The same on every isolate. */
  readonly name: string;
  /** The first 4 bytes of `name`. Stands for the `kid` in compact forms. */
  readonly tag: Bytes;
  readonly key: CryptoKey;
}

export interface KeyRing {
  keys(): Promise<readonly RingKey[]>;
}

export const keyTagBytes = 4;

/** `label`: keeps the names of one `kid` apart when it is used for several purposes. */
export function createKeyRing(
  secrets: readonly SecretKey[],
  label: string,
  importKey: (jwk: SecretKey['jwk']) => Promise<CryptoKey>,
): KeyRing {
  let imported: readonly RingKey[] | null = null;
  return {
    async keys() {
      imported ??= await Promise.all(
        secrets.map(async ({ kid, jwk }) => {
          const name = await sha256(`${label}|${kid}`);
          return { kid, name: base64url(name), tag: name.slice(0, keyTagBytes), key: await importKey(jwk) };
        }),
      );
      return imported;
    },
  };
}

/** Keys for HMAC-SHA-256, of the purpose `session`. */
export const createMacRing = (secrets: readonly SecretKey[]): KeyRing =>
  createKeyRing(secrets, 'session-key', (jwk) =>
    crypto.subtle.importKey('jwk', jwk, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify']),
  );

/** `stale`: the key is not the first one any more. */
export function keyByTag(keys: readonly RingKey[], tag: Uint8Array): { entry: RingKey; stale: boolean } | null {
  const index = keys.findIndex((entry) => equalInConstantTime(entry.tag, tag));
  const entry = keys[index];
  return entry ? { entry, stale: index > 0 } : null;
}
