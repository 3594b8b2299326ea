/**
 * One run on one platform: clients send requests continuously while origins die and come back by a schedule. The gateway runs
 * in its real runtime, and origins really refuse and reset connections. The gateway is not told about failures.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { BrokenReply } from '../../test/support/client.ts';
import { openWorld, type World } from '../../test/support/doors.ts';
import type { TestOrigin } from '../../test/support/origin.ts';
import { isEpochPlausible, type Move, type Visit } from './account.ts';
import {
  createVisitor,
  definition,
  nextRequest,
  type PlannedRequest,
  requestField,
  type Visitor,
  workPaths,
} from './clients.ts';
import { type Figures, figuresOf, type Notes, newNotes } from './figures.ts';
import type { ChaosOptions } from './options.ts';
import { ejectionsIn } from './outages.ts';
import { type Event, scheduleOf } from './schedule.ts';
import { hangOne, uploadSlowly } from './slowness.ts';

/** A client pauses between two requests. */
const minPauseMs = 50;
const maxPauseMs = 150;
/** How many clients connect at the same time before the run. */
const signInBatch = 5;
/** The wait after the last request; longer than the pools' timeout. */
const maxWaitMs = 10_000;

export async function runChaos(options: ChaosOptions): Promise<Figures> {
  const { world, close } = await openWorld(options.door, { definition });
  const notes = newNotes();
  try {
    const origins = Object.values(world.origins);
    for (const origin of origins) installWorkHandler(origin, notes);
    const visitors = await connectClients(world, options, notes);
    const events = scheduleOf({
      origins: origins.map(({ id }) => id),
      seed: options.seed,
      everyMs: options.everyMs,
      forMs: options.seconds * 1_000,
    });
    const endsAt = Date.now() + options.seconds * 1_000;
    await Promise.all([
      runSchedule(events, endsAt - options.seconds * 1_000, world, notes),
      Promise.race([
        Promise.all(visitors.map((client) => runClient(client, endsAt, notes))),
        pause(options.seconds * 1_000 + maxWaitMs, undefined, { ref: false }),
      ]),
    ]);
    for (const origin of origins) {
      await origin.revive();
      notes.outages.ended(origin.id, Date.now());
    }
    const slowUploads = await uploadSlowly(world);
    const hanging = await hangOne(world, notes.outages);
    return figuresOf(options, events, notes, ejectionsIn(world.lines), { slowUploads, hanging });
  } finally {
    await close();
  }
}

/** The origin counts the requests it executes, and returns its own id and the next origin's. */
function installWorkHandler(origin: TestOrigin, notes: Notes): void {
  for (const path of workPaths) {
    origin.on(path, async ({ url, headers }, response) => {
      // Not needed here, and there are many in a minute.
      origin.seen.length = 0;
      const id = headers[requestField] as string;
      notes.executions.set(id, (notes.executions.get(id) ?? 0) + 1);
      await pause(Number(new URL(url, 'http://origin').searchParams.get('ms')));
      const next = /next=(\w+)/.exec(String(headers['session-affinity']))?.[1];
      // Sent in one piece, because a gateway cannot repair a response that is cut off.
      response.end(JSON.stringify({ origin: origin.id, next }));
    });
  }
}

interface ConnectedClient {
  readonly visitor: Visitor;
  readonly ranking: readonly string[];
  readonly first: Visit;
}

/** Each client sends one request while all origins are available, which shows its own origin. */
async function connectClients(
  world: World,
  { clients, seed }: ChaosOptions,
  notes: Notes,
): Promise<readonly ConnectedClient[]> {
  const visitors = Array.from({ length: clients }, (_, number) => createVisitor(world, number, seed));
  const ids = Object.keys(world.origins);
  const connected: ConnectedClient[] = [];
  for (let i = 0; i < visitors.length; i += signInBatch) {
    const arrived = visitors.slice(i, i + signInBatch).map(async (visitor): Promise<ConnectedClient> => {
      if (visitor.kind.signedIn) await visitor.ask('/login', { form: { user: visitor.name } });
      const sentAt = Date.now();
      const reply = await visitor.ask(`/${visitor.kind.pool}/work?ms=0`, { headers: { [requestField]: visitor.name } });
      if (reply.status !== 200) throw new Error(`${visitor.name} was not let in: ${reply.status}`);
      const { origin, next } = reply.json() as { origin: string; next: string };
      const ranking = [origin, next, ...ids.filter((id) => id !== origin && id !== next)];
      const epoch = Number(reply.explained().epoch);
      return { visitor, ranking, first: { origin, epoch, sentAt, receivedAt: Date.now(), brokenBefore: 0 } };
    });
    connected.push(...(await Promise.all(arrived)));
  }
  notes.executions.clear();
  return connected;
}

async function runSchedule(events: readonly Event[], startedAt: number, world: World, notes: Notes): Promise<void> {
  for (const { atMs, action, origin: id } of events) {
    await pause(Math.max(0, startedAt + atMs - Date.now()));
    const origin = world.origins[id as keyof World['origins']];
    if (action !== 'revive') {
      notes.outages.began(id, Date.now());
      await origin.kill();
    }
    if (action !== 'kill') {
      await origin.revive();
      notes.outages.ended(id, Date.now());
    }
  }
}

/** Runs one client until the end. */
async function runClient({ visitor, ranking, first }: ConnectedClient, endsAt: number, notes: Notes): Promise<void> {
  let last = first;
  let broken = 0;
  while (Date.now() < endsAt) {
    await pause(minPauseMs + visitor.random() * (maxPauseMs - minPauseMs));
    const planned = nextRequest(visitor);
    const visit = await sendRequest(planned, visitor, broken, notes);
    if (typeof visit === 'string') {
      if (visit === 'broken') broken++;
      continue;
    }
    const move: Move = { client: visitor.name, manner: visitor.kind.manner, ranking, from: last, to: visit };
    if (visit.origin !== last.origin) notes.moves.push(move);
    else if (visitor.kind.manner === 'moves' && !isEpochPlausible(last, visit)) notes.wrongEpochs.push(move);
    last = visit;
    broken = 0;
  }
}

/** `failed`: no origin responded. `broken`: a response was cut off. */
async function sendRequest(
  planned: PlannedRequest,
  visitor: Visitor,
  brokenBefore: number,
  notes: Notes,
): Promise<Visit | 'failed' | 'broken'> {
  const { asking, isIdempotent } = planned;
  const sentAt = Date.now();
  const startedAt = performance.now();
  const what = `${asking.method ?? 'GET'}${isIdempotent ? '' : ' without a key'} of ${visitor.name}`;
  notes.requests++;
  notes.open.set(planned.id, what);
  try {
    const reply = await visitor.ask(planned.path, asking);
    notes.latencies.push(performance.now() - startedAt);
    notes.replies.push({ status: reply.status, isIdempotent });
    const explained = reply.explained();
    if (explained.because === 'redispatched') notes.redispatched++;
    if (visitor.kind.signedIn && explained.session !== 'active') notes.signedOut.push(`${what}: ${explained.session}`);
    if (!isIdempotent) notes.nonIdempotent.push(planned.id);
    if (reply.status !== 200) {
      if (isIdempotent) notes.lost.push(`${what}: ${reply.status} ${reply.text().slice(0, 200)}`);
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
      notes.brokenOff.push({ what, sentAt, at: Date.now() });
      return 'broken';
    }
    notes.lost.push(`${what}: ${(error as Error).message}`);
    return 'failed';
  } finally {
    notes.open.delete(planned.id);
  }
}
