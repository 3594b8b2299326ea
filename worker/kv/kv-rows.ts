/**
 * Reads of rows in a KV namespace (`kv-writes.ts` writes them).
 *
 * Each location caches what it has read, including that a key does not exist. A key that is about to be written is therefore
 * looked up by `list` and not by `get`: otherwise this location would go on missing it.
 */
import type { KVNamespace } from '@cloudflare/workers-types';
import { isVersion } from '../../shared/session/store/rows.ts';
import type { KvHealth } from './kv-health.ts';

/** For so many seconds a location may use its copy; KV allows no less. Writes arrive within 60 s, so 90 of 120 s of freshness. */
const cacheTtl = 30;

/** As many as KV reads in one call. */
const maxKeysPerRead = 100;

/** Versions in keys are counted down, in ten digits, so that `list` finds the newest first. */
export const maxVersion = 9_999_999_999;
export const versionKey = (prefix: string, version: number): string =>
  prefix + String(maxVersion - version).padStart(10, '0');

export interface KvRows {
  /** Reads all keys in as few calls as KV allows, mostly one. The result answers a key's parsed value, or `null`. */
  get(keys: readonly string[]): Promise<(key: string | undefined) => unknown>;
  /** Looks a key up without caching that it is missing. */
  find(key: string): Promise<{ readonly metadata?: unknown } | null>;
  /** The newest version under a prefix, by `list`; 0 when there is none. */
  newestVersion(prefix: string): Promise<number>;
}

export function createKvRows(namespace: Pick<KVNamespace, 'get' | 'list'>, health: KvHealth): KvRows {
  async function first(prefix: string): Promise<{ readonly name: string; readonly metadata?: unknown } | null> {
    try {
      const { keys } = await namespace.list({ prefix, limit: 1 });
      health.succeeded('listing');
      return keys[0] ?? null;
    } catch (error) {
      health.failed('listing', error instanceof Error ? error.message : 'KV list failed');
      throw error;
    }
  }

  return {
    async get(keys) {
      const calls: Promise<Map<string, string | null>>[] = [];
      for (let first = 0; first < keys.length; first += maxKeysPerRead) {
        calls.push(namespace.get(keys.slice(first, first + maxKeysPerRead), { type: 'text', cacheTtl }));
      }
      const answers = await Promise.all(calls);
      return (key) => {
        if (key === undefined) return null;
        for (const found of answers) if (found.has(key)) return parse(found.get(key) ?? null);
        return null;
      };
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
