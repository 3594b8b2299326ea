/**
 * One row per kind of session store. `schema/session.ts` says which one a door uses unless the configuration names another;
 * each door has its factory under the same name (`worker/stores.ts`, `lambda/stores.ts`).
 */
import type { Door } from '../platform.ts';

export interface StoreTraits {
  /** The doors that can reach it. */
  readonly doors: readonly Door[];
  /** The least freshness that it can promise, in milliseconds: how long a logout elsewhere may stay unknown. */
  readonly minFreshnessMs: number;
  /** Whether it is written when a session is active. Where it is not, only the cookie knows how long a session was idle. */
  readonly notesActivity: boolean;
  /**
   * How long a record that was written elsewhere may be missing here, in milliseconds. 0: the store is strongly
   * consistent, and a missing record has ended.
   */
  readonly maxLagMs: number;
  /** After this time without an answer to one call the store counts as down, in milliseconds. */
  readonly answersWithinMs: number;
  /** The most sessions of one subject, and why. */
  readonly maxPerSubject: { readonly sessions: number; readonly because: string };
}

/** A row has at most 390,000 characters (`session/store/rows.ts`). */
const oneRow = { sessions: 3_000, because: "a subject's list of sessions is one row, and more do not fit into it" };
/** Cloudflare, "KV: limits". */
const oneInvocation = { sessions: 300, because: 'a request to a Worker may make 1,000 operations on KV, and no more' };

const usual = { answersWithinMs: 2_000, maxPerSubject: oneRow };

export const storeKinds = {
  // 60 s of its own caches, on knowledge that may be 60 s old. Writes elsewhere arrive within minutes.
  kv: {
    doors: ['worker'],
    minFreshnessMs: 120_000,
    notesActivity: false,
    maxLagMs: 300_000,
    // A write that another one came before is written again after a second.
    answersWithinMs: 2_500,
    maxPerSubject: oneInvocation,
  },
  'durable-object': { doors: ['worker'], minFreshnessMs: 0, notesActivity: true, maxLagMs: 0, ...usual },
  dynamodb: { doors: ['worker', 'lambda'], minFreshnessMs: 0, notesActivity: true, maxLagMs: 0, ...usual },
  // A failover may lose the last second of replication.
  redis: { doors: ['lambda'], minFreshnessMs: 1_000, notesActivity: true, maxLagMs: 0, ...usual },
  memory: { doors: ['worker', 'lambda'], minFreshnessMs: 0, notesActivity: true, maxLagMs: 0, ...usual },
} as const satisfies Readonly<Record<string, StoreTraits>>;

export type StoreKind = keyof typeof storeKinds;

/** The kinds that a door can reach. */
export type StoreKindAt<D extends Door> = {
  [Kind in StoreKind]: D extends (typeof storeKinds)[Kind]['doors'][number] ? Kind : never;
}[StoreKind];

export const storeNames = Object.keys(storeKinds) as [StoreKind, ...StoreKind[]];

export const traitsOf = (kind: StoreKind): StoreTraits => storeKinds[kind];

export const isReachable = (kind: StoreKind, door: Door): boolean => traitsOf(kind).doors.includes(door);
