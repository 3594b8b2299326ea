/** Key rings: the first key signs, every key verifies. Values are imported once per isolate and kept; promises are not. */
import type { SecretKey } from '../config/settings.ts';
import { type Bytes, equalInConstantTime } from './bytes.ts';
import { sha256 } from './digest.ts';

export interface RingKey {
  readonly kid: string;
  /** 4 bytes that name the key inside compact forms, so that no `kid` has to be spelled out there. */
  readonly tag: Bytes;
  readonly key: CryptoKey;
}

export interface MacRing {
  keys(): Promise<readonly RingKey[]>;
}

export function createMacRing(secrets: readonly SecretKey[]): MacRing {
  let imported: readonly RingKey[] | null = null;
  return {
    async keys() {
      if (imported) return imported;
      const fresh = await Promise.all(
        secrets.map(async ({ kid, jwk }) => ({
          kid,
          tag: (await sha256(`session-key|${kid}`)).slice(0, 4),
          key: await crypto.subtle.importKey('jwk', jwk, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify']),
        })),
      );
      imported = fresh;
      return fresh;
    },
  };
}

export function keyByTag(keys: readonly RingKey[], tag: Uint8Array): { entry: RingKey; stale: boolean } | null {
  const index = keys.findIndex((entry) => equalInConstantTime(entry.tag, tag));
  const entry = keys[index];
  return entry ? { entry, stale: index > 0 } : null;
}
