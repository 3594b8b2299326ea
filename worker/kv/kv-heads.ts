/**
 * Heads: which version of a session's record is the newest. All writers of a session share this one key, and KV accepts one
 * write of it per second.
 */
import { isVersion } from '../../shared/session/store/rows.ts';
import { headKey, recordPrefix } from './keys.ts';
import type { KvRows } from './kv-rows.ts';
import type { KvRow, KvWrites } from './kv-writes.ts';

export interface Head {
  readonly sessionId: string;
  readonly version: number;
  readonly fromMs: number;
  readonly untilMs: number;
}

export interface KvHeads {
  /** After a save. Waits for its turn if another save has just written the head. */
  raise(head: Head): Promise<void>;
  /** Writes a head that is missing or older. Without a turn now it is left: another writer has one. */
  repair(head: Head): Promise<void>;
}

export function createKvHeads({ find, newestVersion }: KvRows, { put, waitForTurn }: KvWrites): KvHeads {
  const rowOf = ({ sessionId, version, ...life }: Head): KvRow => ({
    key: headKey(sessionId),
    value: version,
    // In a listing, which no location caches.
    metadata: { version },
    ...life,
  });

  async function isRaised({ sessionId, version }: Head): Promise<boolean> {
    const found = (await find(headKey(sessionId)))?.metadata as { readonly version?: unknown } | null | undefined;
    return isVersion(found?.version) && found.version >= version;
  }

  return {
    async raise(head) {
      if ((await put(rowOf(head))) === 'written') return;
      const refusedAt = Date.now();
      if (await isRaised(head)) return;
      await waitForTurn(refusedAt);
      const newest = await newestVersion(recordPrefix(head.sessionId));
      // Refused again: since then another writer had its turn, and it wrote the newest version, as this one would.
      await put(rowOf({ ...head, version: Math.max(newest, head.version) }));
    },

    async repair(head) {
      if (!(await isRaised(head))) await put(rowOf(head));
    },
  };
}
