/**
 * One run at one door: clients ask without a pause while origins die and come back by a schedule. Everything is real: the
 * gateway in its runtime, origins that refuse and reset connections, and nothing that tells the gateway of a death.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { BrokenReply } from '../../test/support/client.ts';
import { type DoorName, openWorld, type World } from '../../test/support/doors.ts';
import type { TestOrigin } from '../../test/support/origin.ts';
import { epochTells, type Move, type Visit } from './account.ts';
import { createVisitor, definition, nextWish, requestField, type Visitor, type Wish, workPaths } from './clients.ts';
import { type Figures, figuresOf, type Notes, newNotes } from './figures.ts';
import { ejectionsIn } from './outages.ts';
import { type Event, scheduleOf } from './schedule.ts';
import { hangOne, uploadSlowly } from './slowness.ts';

export interface ChaosOptions {
  readonly door: DoorName;
  readonly seconds: number;
  readonly seed: number;
  /** Between one event and the next. */
  readonly everyMs: number;
  readonly clients: number;
}

/** A client reads what it got before it asks again. */
const shortestPauseMs = 50;
const longestPauseMs = 150;
/** Clients that are let in together before anything dies. */
const doorWidth = 5;
/** After the last request was sent; the pools' timeout is shorter. */
const longestWaitMs = 10_000;

export async function runChaos(options: ChaosOptions): Promise<Figures> {
  const { world, close } = await openWorld(options.door, { definition });
  const kept = newNotes();
  try {
    const origins = Object.values(world.origins);
    for (const origin of origins) setToWork(origin, kept);
    const visitors = await letIn(world, options, kept);
    const events = scheduleOf({
      origins: origins.map(({ id }) => id),
      seed: options.seed,
      everyMs: options.everyMs,
      forMs: options.seconds * 1_000,
    });
    const endsAt = Date.now() + options.seconds * 1_000;
    await Promise.all([
      carryOut(events, endsAt - options.seconds * 1_000, world, kept),
      Promise.race([
        Promise.all(visitors.map((present) => stay(present, endsAt, kept))),
        pause(options.seconds * 1_000 + longestWaitMs, undefined, { ref: false }),
      ]),
    ]);
    for (const origin of origins) {
      await origin.revive();
      kept.outages.ended(origin.id, Date.now());
    }
    const slowUploads = await uploadSlowly(world);
    const hanging = await hangOne(world, kept.outages);
    return figuresOf(options, events, kept, ejectionsIn(world.lines), { slowUploads, hanging });
  } finally {
    await close();
  }
}

/** The origin counts what it carries out, and says which origin it is and which would be next. */
function setToWork(origin: TestOrigin, kept: Notes): void {
  for (const path of workPaths) {
    origin.on(path, async ({ url, headers }, response) => {
      // Nobody looks at them here, and a minute holds many.
      origin.seen.length = 0;
      const id = headers[requestField] as string;
      kept.executions.set(id, (kept.executions.get(id) ?? 0) + 1);
      await pause(Number(new URL(url, 'http://origin').searchParams.get('ms')));
      const next = /next=(\w+)/.exec(String(headers['session-affinity']))?.[1];
      // In one piece: a reply that breaks off in the middle is a client's to see, and no gateway's to mend.
      response.end(JSON.stringify({ origin: origin.id, next }));
    });
  }
}

interface Present {
  readonly visitor: Visitor;
  readonly ranking: readonly string[];
  readonly first: Visit;
}

/** Everybody comes once while all is well: that tells where each belongs. */
async function letIn(world: World, { clients, seed }: ChaosOptions, kept: Notes): Promise<readonly Present[]> {
  const visitors = Array.from({ length: clients }, (_, number) => createVisitor(world, number, seed));
  const ids = Object.keys(world.origins);
  const present: Present[] = [];
  for (let i = 0; i < visitors.length; i += doorWidth) {
    const arrived = visitors.slice(i, i + doorWidth).map(async (visitor): Promise<Present> => {
      if (visitor.kind.signedIn) await visitor.ask('/login', { form: { user: visitor.name } });
      const sentAt = Date.now();
      const reply = await visitor.ask(`/${visitor.kind.pool}/work?ms=0`, { headers: { [requestField]: visitor.name } });
      if (reply.status !== 200) throw new Error(`${visitor.name} was not let in: ${reply.status}`);
      const { origin, next } = reply.json() as { origin: string; next: string };
      const ranking = [origin, next, ...ids.filter((id) => id !== origin && id !== next)];
      const epoch = Number(reply.explained().epoch);
      return { visitor, ranking, first: { origin, epoch, sentAt, receivedAt: Date.now(), brokenBefore: 0 } };
    });
    present.push(...(await Promise.all(arrived)));
  }
  kept.executions.clear();
  return present;
}

async function carryOut(events: readonly Event[], startedAt: number, world: World, kept: Notes): Promise<void> {
  for (const { atMs, deed, origin: id } of events) {
    await pause(Math.max(0, startedAt + atMs - Date.now()));
    const origin = world.origins[id as keyof World['origins']];
    if (deed !== 'revive') {
      kept.outages.began(id, Date.now());
      await origin.kill();
    }
    if (deed !== 'kill') {
      await origin.revive();
      kept.outages.ended(id, Date.now());
    }
  }
}

/** One client, until the end. */
async function stay({ visitor, ranking, first }: Present, endsAt: number, kept: Notes): Promise<void> {
  let last = first;
  let broken = 0;
  while (Date.now() < endsAt) {
    await pause(shortestPauseMs + visitor.random() * (longestPauseMs - shortestPauseMs));
    const wish = nextWish(visitor);
    const visit = await fulfil(wish, visitor, broken, kept);
    if (typeof visit === 'string') {
      if (visit === 'broken') broken++;
      continue;
    }
    const move: Move = { client: visitor.name, manner: visitor.kind.manner, ranking, from: last, to: visit };
    if (visit.origin !== last.origin) kept.moves.push(move);
    else if (visitor.kind.manner === 'moves' && !epochTells(last, visit)) kept.wrongEpochs.push(move);
    last = visit;
    broken = 0;
  }
}

/** `failed`: no origin replied. `broken`: the reply of one broke off. */
async function fulfil(
  wish: Wish,
  visitor: Visitor,
  brokenBefore: number,
  kept: Notes,
): Promise<Visit | 'failed' | 'broken'> {
  const { asking, isIdempotent } = wish;
  const sentAt = Date.now();
  const startedAt = performance.now();
  const what = `${asking.method ?? 'GET'}${isIdempotent ? '' : ' without a key'} of ${visitor.name}`;
  kept.requests++;
  kept.open.set(wish.id, what);
  try {
    const reply = await visitor.ask(wish.path, asking);
    kept.latencies.push(performance.now() - startedAt);
    kept.replies.push({ status: reply.status, isIdempotent });
    const explained = reply.explained();
    if (explained.because === 'redispatched') kept.redispatched++;
    if (visitor.kind.signedIn && explained.session !== 'active') kept.signedOut.push(`${what}: ${explained.session}`);
    if (!isIdempotent) kept.oneTimers.push(wish.id);
    if (reply.status !== 200) {
      if (isIdempotent) kept.lost.push(`${what}: ${reply.status} ${reply.text().slice(0, 200)}`);
      return 'failed';
    }
    return {
      origin: explained.origin as string,
      epoch: Number(explained.epoch),
      sentAt,
      receivedAt: Date.now(),
      brokenBefore,
    };
  } catch (error) {
    if (error instanceof BrokenReply) {
      kept.brokenOff.push({ what, sentAt, at: Date.now() });
      return 'broken';
    }
    kept.lost.push(`${what}: ${(error as Error).message}`);
    return 'failed';
  } finally {
    kept.open.delete(wish.id);
  }
}
