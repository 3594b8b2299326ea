/** Computes the figures of a run and its faults. */
import { explainMove, isJustified, type Move } from './account.ts';
import type { ChaosOptions } from './options.ts';
import { createOutages, type Ejection, type Outages } from './outages.ts';
import type { Action, Event } from './schedule.ts';
import type { Hanging, SlowUploads } from './slowness.ts';

/** Recorded during a run. */
export interface Notes {
  requests: number;
  redispatched: number;
  /** Requests in flight, by id. */
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
  /** Ids of requests that must not be executed twice. */
  readonly nonIdempotent: string[];
  /** How often origins executed each request. */
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
  nonIdempotent: [],
  executions: new Map(),
  outages: createOutages(),
});

export interface Figures {
  readonly options: ChaosOptions;
  readonly actions: Readonly<Record<Action, number>>;
  readonly requests: number;
  readonly statuses: ReadonlyMap<number, number>;
  /** Requests that may not be repeated and got an error. */
  readonly refused: number;
  readonly redispatched: number;
  /** Requests that were executed more than once. */
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

/** Descriptions of faults. A good run has none. */
export interface Faults {
  /** Idempotent requests without a 200, although an origin was always alive. */
  readonly lost: readonly string[];
  /** Moves and changes of epoch without a reason. */
  readonly unaccounted: readonly string[];
  /** Ejections of origins that were not down. */
  readonly unjustified: readonly string[];
  /** Requests without an Idempotency-Key that were executed twice. */
  readonly twice: readonly string[];
  readonly signedOut: readonly string[];
  /** Responses that were cut off although no origin died meanwhile. */
  readonly brokenForNoReason: readonly string[];
  /** Slow uploads that did not arrive, and clients that stayed at the hanging origin. */
  readonly slow: readonly string[];
}

export const isFaultless = (faults: Faults): boolean => Object.values(faults).every(({ length }) => length === 0);

export function figuresOf(
  options: ChaosOptions,
  events: readonly Event[],
  notes: Notes,
  ejections: readonly Ejection[],
  { slowUploads, hanging }: Pick<Figures, 'slowUploads' | 'hanging'>,
): Figures {
  const { outages } = notes;
  const statuses = new Map<number, number>();
  for (const { status } of notes.replies) statuses.set(status, (statuses.get(status) ?? 0) + 1);
  const judged = notes.moves.map((move) => ({ move, reason: explainMove(move, outages, ejections) }));
  const movesFor = (reason: string): number => judged.filter((one) => one.reason === reason).length;
  const countOf = (action: Action): number => events.filter((event) => event.action === action).length;
  const anyOriginDied = (from: number, to: number): boolean =>
    ['eu', 'us', 'ap'].some((id) => outages.wasAway(id, from, to));
  const times = notes.latencies.toSorted((a, b) => a - b);
  const percentile = (part: number): number =>
    times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? Number.NaN;
  return {
    options,
    actions: { kill: countOf('kill'), revive: countOf('revive'), restart: countOf('restart') },
    requests: notes.requests,
    statuses,
    refused: notes.replies.filter(({ status, isIdempotent }) => !isIdempotent && status !== 200).length,
    redispatched: notes.redispatched,
    repeated: [...notes.executions.values()].filter((times) => times > 1).length,
    brokenOff: notes.brokenOff.length,
    moves: { all: judged.length, killed: movesFor('killed'), ejected: movesFor('ejected'), home: movesFor('home') },
    ejections: ejections.length,
    highestEpoch: Math.max(0, ...notes.moves.map(({ to }) => to.epoch)),
    p50Ms: percentile(0.5),
    p99Ms: percentile(0.99),
    slowUploads,
    hanging,
    faults: {
      lost: [...notes.lost, ...[...notes.open.values()].map((what) => `${what}: never answered`)],
      unaccounted: [
        ...judged.filter(({ reason }) => reason === null).map(({ move }) => move),
        ...notes.wrongEpochs,
      ].map(describeMove),
      unjustified: ejections.filter((one) => !isJustified(one, outages)).map(({ origin, at }) => `${origin} at ${at}`),
      twice: notes.nonIdempotent.filter((id) => (notes.executions.get(id) ?? 0) > 1),
      signedOut: notes.signedOut,
      brokenForNoReason: notes.brokenOff.filter(({ sentAt, at }) => !anyOriginDied(sentAt, at)).map(({ what }) => what),
      slow: [...slowUploads.lost, ...hanging.lost],
    },
  };
}

const describeMove = ({ client, from, to }: Move): string =>
  `${client}: ${from.origin} (epoch ${from.epoch}, ${from.sentAt}) -> ${to.origin} (epoch ${to.epoch}, ${to.sentAt} to ${to.receivedAt})`;
