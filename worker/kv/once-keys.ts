/** Once-keys in KV. Best effort: KV lets two locations claim a key at the same time. Within an isolate they are exact. */
import { sha256Base64url } from '../../shared/crypto/digest.ts';
import type { OnceKeys } from '../../shared/session/store/once-keys.ts';
import type { KvRows } from './kv-rows.ts';
import type { KvWrites } from './kv-writes.ts';

/** A claim in this isolate expires after this long, in case its request was aborted. */
const claimMs = 10_000;
const maxClaims = 1_000;

const rowKey = async (key: string): Promise<string> => `o:${await sha256Base64url(key)}`;

export function createOnceKeys({ get, find }: KvRows, { put }: Pick<KvWrites, 'put'>): OnceKeys {
  /** Keys that requests of this isolate are claiming now. */
  const claims = new Map<string, { readonly value: string; readonly at: number }>();

  async function read(row: string, now: number): Promise<string | null> {
    const found = await find(row);
    if (!found || !isKept(found.metadata, now)) return null;
    const held = (await get([row]))(row) as { readonly value?: unknown } | null;
    // The key is claimed, even if this location cannot read its value yet.
    return typeof held?.value === 'string' ? held.value : '';
  }

  return {
    readOnce: async (key, now) => read(await rowKey(key), now),

    async claimOnce(key, value, keepUntil, now) {
      const claimed = claims.get(key);
      if (claimed && now - claimed.at < claimMs) return claimed.value;
      if (claims.size >= maxClaims) claims.clear();
      // Before the first `await`, so that the first of several calls in this isolate gets the key.
      claims.set(key, { value, at: now });
      try {
        const row = await rowKey(key);
        const known = await read(row, now);
        if (known !== null) return known;
        const outcome = await put({
          key: row,
          value: { value },
          metadata: { keepUntil },
          fromMs: now,
          untilMs: keepUntil,
        });
        // Busy: another location has just claimed it, even if this one cannot see that yet.
        return outcome === 'written' ? null : ((await read(row, now)) ?? '');
      } finally {
        claims.delete(key);
      }
    },
  };
}

/** A key without a readable end stays claimed: an action must not happen twice. */
function isKept(metadata: unknown, now: number): boolean {
  const keepUntil = (metadata as { readonly keepUntil?: unknown } | null | undefined)?.keepUntil;
  return typeof keepUntil !== 'number' || keepUntil >= now;
}
