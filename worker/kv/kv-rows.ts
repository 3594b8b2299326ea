/**
 * Rows in a KV namespace.
 *
 * Each location caches what it has read, including that a key does not exist. A key that is about to be written is therefore
 * looked up by `list` and not by `get`: otherwise this location would go on missing it.
 */
import type { KVNamespace } from '@cloudflare/workers-types';
import { expiryMarginMs, isVersion } from '../../shared/session/store/rows.ts';

/** For so many seconds a location may use its copy; KV allows no less. Writes arrive within 60 s, so 90 of 120 s of freshness. */
const cacheTtl = 30;

/** KV allows no shorter lifetime. */
const minTtlSeconds = 60;

/** Versions in keys are counted down, in ten digits, so that `list` finds the newest first. */
export const maxVersion = 9_999_999_999;
export const versionKey = (prefix: string, version: number): string =>
  prefix + String(maxVersion - version).padStart(10, '0');

export interface KvRows {
  /** Reads all keys in one call. The result answers a key's parsed value, or `null`. */
  get(keys: readonly string[]): Promise<(key: string | undefined) => unknown>;
  /** The lifetime is relative: KV counts it on its own clock, which may differ from the caller's. */
  put(key: string, value: unknown, metadata: object | null, fromMs: number, untilMs: number): Promise<void>;
  /** Looks a key up without caching that it is missing. */
  find(key: string): Promise<{ readonly metadata?: unknown } | null>;
  /** The newest version under a prefix, by `list`; 0 when there is none. */
  newestVersion(prefix: string): Promise<number>;
}

export function createKvRows(namespace: KVNamespace): KvRows {
  const first = async (prefix: string): Promise<{ readonly name: string; readonly metadata?: unknown } | null> =>
    (await namespace.list({ prefix, limit: 1 })).keys[0] ?? null;

  return {
    async get(keys) {
      const found = await namespace.get([...keys], { type: 'text', cacheTtl });
      return (key) => (key === undefined ? null : parse(found.get(key) ?? null));
    },

    put(key, value, metadata, fromMs, untilMs) {
      const expirationTtl = Math.max(minTtlSeconds, Math.ceil((untilMs - fromMs + expiryMarginMs) / 1000));
      return namespace.put(key, JSON.stringify(value), { expirationTtl, metadata });
    },

    async find(key) {
      const found = await first(key);
      return found?.name === key ? found : null;
    },

    async newestVersion(prefix) {
      const found = await first(prefix);
      if (!found) return 0;
      const version = maxVersion - Number(found.name.slice(prefix.length));
      return isVersion(version) ? version : 0;
    },
  };
}

/** Text that is not JSON is answered as it is: the key exists, but no row can be read from it. */
function parse(text: string | null): unknown {
  if (text === null) return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
