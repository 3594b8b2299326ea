/**
 * A KV namespace in memory that keeps the rules of the real one, which workerd's does not: one write per second and key,
 * several locations that learn of each other's writes a minute later, reads that a location remembers (misses too), at most
 * 100 keys in one read and 1,000 operations in one invocation. Time is `Date.now()`, to be moved by a test's own clock.
 *
 * Cloudflare documents that writes are "usually" visible at once where they were made. Here they always are.
 */
import type { KVNamespace } from '@cloudflare/workers-types';

export interface KvWorld {
  at(location: string): KvLocation;
  /** The keys of all writes that were accepted, with the time. */
  readonly accepted: readonly { readonly key: string; readonly at: number }[];
  /** The keys of all writes that were refused. */
  readonly refused: readonly string[];
}

export interface KvLocation {
  readonly namespace: KVNamespace;
  /** One invocation of a Worker ends and another one begins. */
  nextInvocation(): void;
  /** What the current invocation has asked, in order. */
  readonly operations: readonly string[];
}

export interface KvRules {
  readonly lagMs?: number;
  readonly writeEveryMs?: number;
  readonly operationsPerInvocation?: number;
}

interface Written {
  readonly text: string;
  readonly metadata: unknown;
  readonly at: number;
  readonly location: string;
  readonly expiresAt: number;
}

interface PutOptions {
  readonly expirationTtl: number;
  readonly metadata?: unknown;
}

const minTtlSeconds = 60;
const minCacheSeconds = 30;
const maxKeys = 100;

export function createKvWorld({
  lagMs = 60_000,
  writeEveryMs = 1_000,
  operationsPerInvocation = 1_000,
}: KvRules = {}): KvWorld {
  /** Newest first. */
  const written = new Map<string, Written[]>();
  const accepted: { key: string; at: number }[] = [];
  const refused: string[] = [];

  function visible(location: string, key: string): Written | null {
    const now = Date.now();
    const seen = written.get(key)?.find((one) => one.location === location || one.at + lagMs <= now);
    return seen && seen.expiresAt > now ? seen : null;
  }

  function at(location: string): KvLocation {
    const remembered = new Map<string, { readonly text: string | null; readonly until: number }>();
    const operations: string[] = [];

    const count = (operation: string): void => {
      operations.push(operation);
      if (operations.length > operationsPerInvocation) {
        throw new Error('Too many API requests by single Worker invocation.');
      }
    };

    function readOne(key: string, cacheTtl: number): string | null {
      const now = Date.now();
      const known = remembered.get(key);
      if (known && known.until > now) return known.text;
      const text = visible(location, key)?.text ?? null;
      remembered.set(key, { text, until: now + cacheTtl * 1_000 });
      return text;
    }

    const namespace = {
      async get(keys: readonly string[], { cacheTtl = 60 }: { readonly cacheTtl?: number }) {
        count(`get ${keys.length}`);
        if (keys.length > maxKeys) throw new Error('KV GET_BULK failed: 400 at most 100 keys can be requested');
        if (cacheTtl < minCacheSeconds) throw new Error('KV GET_BULK failed: 400 invalid cache_ttl');
        return new Map(keys.map((key) => [key, readOne(key, cacheTtl)]));
      },

      async list({ prefix = '', limit = 1_000 }: { readonly prefix?: string; readonly limit?: number }) {
        count('list');
        const keys = [...written.keys()]
          .filter((name) => name.startsWith(prefix))
          .sort()
          .flatMap((name) => {
            const seen = visible(location, name);
            return seen ? [{ name, metadata: seen.metadata ?? undefined }] : [];
          });
        return { keys: keys.slice(0, limit), list_complete: keys.length <= limit };
      },

      async put(key: string, text: string, { expirationTtl, metadata = null }: PutOptions) {
        count('put');
        if (expirationTtl < minTtlSeconds) throw new Error('KV PUT failed: 400 Invalid expiration_ttl');
        const now = Date.now();
        const earlier = written.get(key) ?? [];
        const latest = earlier.reduce((time, one) => Math.max(time, one.at), Number.NEGATIVE_INFINITY);
        if (now - latest < writeEveryMs) {
          refused.push(key);
          throw new Error('KV PUT failed: 429 Too Many Requests');
        }
        const expiresAt = now + expirationTtl * 1_000;
        written.set(key, [{ text, metadata: structuredClone(metadata), at: now, location, expiresAt }, ...earlier]);
        accepted.push({ key, at: now });
        remembered.delete(key);
      },
    };
    return {
      namespace: namespace as unknown as KVNamespace,
      nextInvocation: () => void operations.splice(0),
      operations,
    };
  }

  return { at, accepted, refused };
}
