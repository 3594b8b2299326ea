/** What a run comes to, and what of it must not be. */
import { accountFor, isDeserved, type Move } from './account.ts';
import type { ChaosOptions } from './chaos.ts';
import { createOutages, type Ejection, type Outages } from './outages.ts';
import type { Deed, Event } from './schedule.ts';
import type { Hanging, SlowUploads } from './slowness.ts';

/** What is written down while a run goes on. */
export interface Notes {
  requests: number;
  redispatched: number;
  /** Requests that are under way, by their id. */
  readonly open: Map<string, string>;
  readonly replies: { readonly status: number; readonly isIdempotent: boolean }[];
  readonly latencies: number[];
  /** Of idempotent requests. */
  readonly lost: string[];
  readonly brokenOff: { readonly what: string; readonly sentAt: number; readonly at: number }[];
  readonly signedOut: string[];
  readonly moves: Move[];
  /** The epoch changed and the origin did not. */
  readonly wrongEpochs: Move[];
  /** Requests that must not be carried out twice. */
  readonly oneTimers: string[];
  /** How often origins have carried out a request. */
  readonly executions: Map<string, number>;
  readonly outages: Outages;
}

export const newNotes = (): Notes => ({
  requests: 0,
  redispatched: 0,
  open: new Map(),
  replies: [],
  latencies: [],
  lost: [],
  brokenOff: [],
  signedOut: [],
  moves: [],
  wrongEpochs: [],
  oneTimers: [],
  executions: new Map(),
  outages: createOutages(),
});

export interface Figures {
  readonly options: ChaosOptions;
  readonly deeds: Readonly<Record<Deed, number>>;
  readonly requests: number;
  readonly statuses: ReadonlyMap<number, number>;
  /** Requests that may not be sent again, and were answered with an error. */
  readonly refused: number;
  readonly redispatched: number;
  /** Requests that origins have carried out more than once: all of them may be. */
  readonly repeated: number;
  readonly brokenOff: number;
  readonly moves: { readonly all: number; readonly killed: number; readonly ejected: number; readonly home: number };
  readonly ejections: number;
  readonly highestEpoch: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly slowUploads: SlowUploads;
  readonly hanging: Hanging;
  readonly faults: Faults;
}

/** Each in words, for whoever has to find the cause. A good run has none. */
export interface Faults {
  /** Idempotent requests without a good reply, though an origin was alive all the time. */
  readonly lost: readonly string[];
  /** Moves and changed epochs that no kill explains. */
  readonly unaccounted: readonly string[];
  /** Ejections of origins that were not away. */
  readonly undeserved: readonly string[];
  /** Requests without an Idempotency-Key that were carried out twice. */
  readonly twice: readonly string[];
  readonly signedOut: readonly string[];
  /** Replies that broke off though nobody died meanwhile. */
  readonly brokenForNoReason: readonly string[];
  /** Slow uploads that did not arrive, and clients that a hanging origin kept. */
  readonly slow: readonly string[];
}

export const isFaultless = (faults: Faults): boolean => Object.values(faults).every(({ length }) => length === 0);

export function figuresOf(
  options: ChaosOptions,
  events: readonly Event[],
  kept: Notes,
  ejections: readonly Ejection[],
  { slowUploads, hanging }: Pick<Figures, 'slowUploads' | 'hanging'>,
): Figures {
  const { outages } = kept;
  const statuses = new Map<number, number>();
  for (const { status } of kept.replies) statuses.set(status, (statuses.get(status) ?? 0) + 1);
  const judged = kept.moves.map((move) => ({ move, reason: accountFor(move, outages, ejections) }));
  const movesFor = (reason: string): number => judged.filter((one) => one.reason === reason).length;
  const deedsOf = (deed: Deed): number => events.filter((event) => event.deed === deed).length;
  const somebodyDied = (from: number, to: number): boolean =>
    ['eu', 'us', 'ap'].some((id) => outages.wasAway(id, from, to));
  const times = kept.latencies.toSorted((a, b) => a - b);
  const percentile = (part: number): number =>
    times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? Number.NaN;
  return {
    options,
    deeds: { kill: deedsOf('kill'), revive: deedsOf('revive'), restart: deedsOf('restart') },
    requests: kept.requests,
    statuses,
    refused: kept.replies.filter(({ status, isIdempotent }) => !isIdempotent && status !== 200).length,
    redispatched: kept.redispatched,
    repeated: [...kept.executions.values()].filter((times) => times > 1).length,
    brokenOff: kept.brokenOff.length,
    moves: { all: judged.length, killed: movesFor('killed'), ejected: movesFor('ejected'), home: movesFor('home') },
    ejections: ejections.length,
    highestEpoch: Math.max(0, ...kept.moves.map(({ to }) => to.epoch)),
    p50Ms: percentile(0.5),
    p99Ms: percentile(0.99),
    slowUploads,
    hanging,
    faults: {
      lost: [...kept.lost, ...[...kept.open.values()].map((what) => `${what}: never answered`)],
      unaccounted: [...judged.filter(({ reason }) => reason === null).map(({ move }) => move), ...kept.wrongEpochs].map(
        inWords,
      ),
      undeserved: ejections.filter((one) => !isDeserved(one, outages)).map(({ origin, at }) => `${origin} at ${at}`),
      twice: kept.oneTimers.filter((id) => (kept.executions.get(id) ?? 0) > 1),
      signedOut: kept.signedOut,
      brokenForNoReason: kept.brokenOff.filter(({ sentAt, at }) => !somebodyDied(sentAt, at)).map(({ what }) => what),
      slow: [...slowUploads.lost, ...hanging.lost],
    },
  };
}

const inWords = ({ client, from, to }: Move): string =>
  `${client}: ${from.origin} (epoch ${from.epoch}, ${from.sentAt}) -> ${to.origin} (epoch ${to.epoch}, ${to.sentAt} to ${to.receivedAt})`;
