/**
 * Writes to a KV namespace, which accepts one write per second and key and refuses the others (429).
 *
 * A refused write is no outage: another request has just written the same key. So it is looked up what that was. If the
 * write is needed all the same, it is repeated once, after that second.
 */
import type { KVNamespace } from '@cloudflare/workers-types';
import { expiryMarginMs } from '../../shared/session/store/rows.ts';
import type { KvHealth } from './kv-health.ts';

export interface KvRow {
  readonly key: string;
  readonly value: unknown;
  readonly metadata?: object;
  /** The lifetime is relative: KV counts it on its own clock, which may differ from the caller's. */
  readonly fromMs: number;
  readonly untilMs: number;
}

export interface KvWrites {
  /** `'busy'`: the key was written less than a second ago, and this write was refused. */
  put(row: KvRow): Promise<'written' | 'busy'>;
  /**
   * Writes until KV accepts it or `find` answers what makes the write superfluous: that is the answer. `null`: written.
   * Throws when KV keeps refusing.
   */
  putUnless<Found>(row: () => KvRow, find: () => Promise<Found | null>): Promise<Found | null>;
  /** Waits until KV accepts a write that it has refused then. By a timer of this request: no other one is waited for. */
  waitForTurn(refusedAt: number): Promise<void>;
}

/** KV allows no shorter lifetime. */
const minTtlSeconds = 60;

/** A second, and what a clock and a network may add to it. The random part keeps the losers of one race apart. */
const turnMs = 1_050;
const maxJitterMs = 150;

export function createKvWrites(namespace: Pick<KVNamespace, 'put'>, health: KvHealth): KvWrites {
  // KV counts real seconds, and not by the callers' clocks.
  function waitForTurn(refusedAt: number): Promise<void> {
    const waitMs = Math.max(0, refusedAt + turnMs - Date.now()) + Math.random() * maxJitterMs;
    return new Promise((resolve) => setTimeout(resolve, waitMs));
  }

  function fail(reason: string): never {
    health.failed('write', reason);
    throw new Error(reason);
  }

  async function put({ key, value, metadata, fromMs, untilMs }: KvRow): Promise<'written' | 'busy'> {
    const expirationTtl = Math.max(minTtlSeconds, Math.ceil((untilMs - fromMs + expiryMarginMs) / 1000));
    try {
      await namespace.put(key, JSON.stringify(value), { expirationTtl, metadata: metadata ?? null });
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'KV PUT failed';
      // KV's errors have no code. A spent daily allowance is told in other words ("limit exceeded for the day").
      return /\b429\b/.test(reason) ? 'busy' : fail(reason);
    }
    health.succeeded('write');
    return 'written';
  }

  return {
    put,
    waitForTurn,

    async putUnless(row, find) {
      if ((await put(row())) === 'written') return null;
      const refusedAt = Date.now();
      const found = (await find()) ?? (await waitForTurn(refusedAt).then(find));
      if (found !== null) return found;
      if ((await put(row())) === 'written') return null;
      return (await find()) ?? fail('KV PUT failed: 429 Too Many Requests, and again after a second');
    },
  };
}
