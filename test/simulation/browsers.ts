/**
 * Browsers on bad lines, in virtual time: each sends up to six requests at once, takes its cookie from the jar when it
 * sends and puts into the jar whatever reply arrives last, and loses some replies. They meet several isolates that know
 * nothing of one another but the store. What is under test is the real strategy and the real session of a request.
 */

import type { SessionEvent } from '../../shared/session/events.ts';
import type { Fingerprint } from '../../shared/session/request/fingerprint.ts';
import { createRequestSession } from '../../shared/session/request/request-session.ts';
import { createMemoryStore } from '../../shared/session/store/memory-store.ts';
import type { Strategy } from '../../shared/session/strategy/strategy.ts';
import {
  identityOf,
  minuteMs,
  sessionSettings,
  someClient,
  someKeys,
  storedStrategy,
} from '../support/session-parts.ts';

export interface Fleet {
  readonly sessions: number;
  readonly rotations: number;
  readonly parallel: number;
  /** Of replies that never arrive. */
  readonly lost: number;
  readonly seed: number;
}

export interface Outcome {
  readonly sessions: number;
  readonly requests: number;
  /** Rotations that the authority has heard of. */
  readonly rotations: number;
  readonly lostReplies: number;
  /** Sessions that were ended, or whose cookie was lost, though their browser did nothing wrong. */
  readonly wronglyEnded: number;
  /** Which kinds of reuse were told of. */
  readonly reuse: readonly string[];
}

const isolates = 3;
export const rotationEveryMs = 10 * minuteMs;
const startsAt = Date.UTC(2026, 0, 1, 12);
/** Requests that arrive in the same slot are at the gateway at the same time. */
const slotMs = 5;

export interface World {
  readonly strategies: readonly Strategy[];
  readonly events: SessionEvent[];
}

/** Isolates over one store, with a rotation every ten minutes and nothing else that ends within the story. */
export function openWorld(): World {
  const store = createMemoryStore();
  const keys = someKeys();
  const events: SessionEvent[] = [];
  const settings = sessionSettings({
    absoluteMs: 30 * 24 * 60 * minuteMs,
    rotate: { everyMs: rotationEveryMs, graceMs: 30_000 },
    freshnessMs: minuteMs,
    limit: { perSubject: 10_000, onLimit: 'evict-oldest' },
  });
  const strategies = Array.from({ length: isolates }, () => storedStrategy(store, keys, settings, events));
  return { strategies, events };
}

/** Uniform in [0, 1), the same numbers for the same seed (mulberry32). */
export function dice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface Answered {
  readonly kind: 'active' | 'rejected' | 'other';
  /** What to do with the jar, once the reply is there: decided when the origin has answered, `tookMs` later. */
  reply(tookMs: number): Promise<Told>;
}

export interface Told {
  readonly kind: 'write' | 'clear' | 'keep';
  readonly value: string | null;
}

const secretIn = (value: string): string => value.split('.')[2] as string;

export async function ask(strategy: Strategy, value: string, now: number, client: Fingerprint): Promise<Answered> {
  let took = 0;
  const request = createRequestSession({
    ...{ strategy, values: [value], now, method: 'GET', client: () => client, device: () => '' },
    tookMs: () => took,
  });
  const recognition = await request.authenticate({ freshnessMs: minuteMs, touch: true });
  return {
    kind: recognition.kind === 'active' || recognition.kind === 'rejected' ? recognition.kind : 'other',
    async reply(tookMs) {
      took = tookMs;
      await request.confirmBeforeReply();
      const outcome = request.outcome();
      return { kind: outcome.kind, value: outcome.kind === 'write' ? outcome.value : null };
    },
  };
}

export async function signIn(
  world: World,
  now: number,
  subject: string,
): Promise<{ value: string; sessionId: string }> {
  const [strategy] = world.strategies as [Strategy];
  const identity = identityOf({ subject });
  const begun = await strategy.begin({ identity, now, client: someClient, device: '', from: null });
  if (begun.kind !== 'begun') throw new Error(begun.kind);
  return { value: begun.value, sessionId: begun.session.sessionId };
}

interface Due {
  readonly at: number;
  run(): Promise<void>;
}

/** One browser through all its rotations. `true`: it was turned away although it did nothing wrong. */
async function live(
  world: World,
  fleet: Fleet,
  roll: () => number,
  count: Counters,
  subject: string,
): Promise<boolean> {
  const pick = <T>(of: readonly T[]): T => of[Math.floor(roll() * of.length)] as T;
  /** Most lines are quick, some are slow, and a few origins take their time. */
  const wayMs = (): number => 10 + Math.floor(-Math.log(1 - roll()) * 80);
  const originMs = (): number => (roll() < 0.03 ? Math.floor(roll() * 20_000) : Math.floor(roll() * 300));
  const slot = (at: number): number => Math.ceil(at / slotMs) * slotMs;

  let jar: string | null = (await signIn(world, startsAt, subject)).value;
  let turnedAway = false;
  let clock = startsAt;
  let held = { secret: secretIn(jar), since: startsAt };
  const keep = (told: Told, at: number): void => {
    if (told.kind === 'clear') jar = null;
    if (told.kind !== 'write' || told.value === null) return;
    jar = told.value;
    if (secretIn(jar) !== held.secret) held = { secret: secretIn(jar), since: at };
  };

  for (let rotation = 0; rotation < fleet.rotations && !turnedAway; rotation++) {
    const due: Due[] = [];
    let underWay = 0;
    let left = fleet.parallel + Math.floor(roll() * fleet.parallel);
    const send = (at: number): void => {
      if (left <= 0 || underWay >= fleet.parallel) return;
      left--;
      underWay++;
      due.push({
        at: slot(at),
        run: async () => {
          const value = jar;
          if (value === null) return;
          const arrives = slot(at + wayMs());
          due.push({ at: arrives, run: () => arrive(value, arrives) });
        },
      });
    };
    const arrive = async (value: string, at: number): Promise<void> => {
      count.requests++;
      const answer = await ask(pick(world.strategies), value, at, someClient);
      if (answer.kind !== 'active') turnedAway = true;
      const tookMs = originMs();
      const isLost = roll() < fleet.lost;
      const lands = slot(at + tookMs + wayMs());
      if (isLost) count.lostReplies++;
      due.push({
        at: slot(at + tookMs),
        run: async () => {
          const told = await answer.reply(tookMs);
          due.push({
            at: lands,
            run: async () => {
              underWay--;
              if (!isLost) keep(told, at);
              send(lands + Math.floor(roll() * gapMs));
            },
          });
        },
      });
    };

    // A burst when the next rotation is due, or so shortly before that it becomes due under way; what the page asks for
    // next follows from each reply.
    const early = roll() < 0.5;
    clock = Math.max(clock, held.since + rotationEveryMs + (early ? -roll() * 15_000 : roll() * 4 * minuteMs));
    const gapMs = early ? 4_000 : 200;
    const burst = 1 + Math.floor(roll() * fleet.parallel);
    for (let i = 0; i < burst; i++) send(clock + Math.floor(roll() * 100));
    while (due.length > 0) {
      const at = Math.min(...due.map((each) => each.at));
      const now = due.filter((each) => each.at === at);
      for (const each of now) due.splice(due.indexOf(each), 1);
      await Promise.all(now.map((each) => each.run()));
      clock = Math.max(clock, at);
    }
    // Sometimes a page comes back to it much later than any grace, with whatever the jar holds.
    if (roll() < 0.5 && jar !== null && !turnedAway) {
      clock += 31_000 + Math.floor(roll() * 3 * minuteMs);
      count.requests++;
      const answer = await ask(pick(world.strategies), jar, clock, someClient);
      if (answer.kind !== 'active') turnedAway = true;
      const told = await answer.reply(0);
      keep(told, clock);
    }
  }
  return turnedAway || jar === null;
}

interface Counters {
  requests: number;
  lostReplies: number;
}

export async function simulate(fleet: Fleet): Promise<Outcome> {
  const count: Counters = { requests: 0, lostReplies: 0 };
  const reuse: string[] = [];
  let [wronglyEnded, rotations] = [0, 0];
  for (let i = 0; i < fleet.sessions; i++) {
    const world = openWorld();
    if (await live(world, fleet, dice(fleet.seed + i), count, `browser-${i}`)) wronglyEnded++;
    for (const event of world.events) {
      if (event.event === 'session-reuse') reuse.push(event.because);
      if (event.event === 'session-rotated') rotations++;
    }
  }
  return { sessions: fleet.sessions, rotations, wronglyEnded, reuse, ...count };
}
