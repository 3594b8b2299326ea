/** The traffic: one session with a thousand requests, evenly spread over half an hour. */
import { defineGateway } from '../../shared/config/define.ts';
import { readSettings } from '../../shared/config/resolve.ts';
import { type Authority, createGateway } from '../../shared/gateway.ts';
import type { Arrival, Door, OriginOutcome, Platform } from '../../shared/platform.ts';
import type { Store } from '../../shared/session/store/store.ts';
import { freshKeys } from '../../tools/keys.ts';
import type { MovedClock } from './clock.ts';
import type { Counter, Operations } from './count.ts';

export const requests = 1_000;
export const periodMs = 30 * 60_000;
export const startsAt = Date.UTC(2026, 0, 1, 12);
export const momentOf = (request: number): number => startsAt + Math.round((request * periodMs) / requests);

const publicOrigin = 'https://shop.example';
const originToken = 'a-token-of-the-origin';

export interface Subject {
  readonly door: Door;
  /** As in gateway.config.ts. */
  readonly session: Readonly<Record<string, unknown>>;
  readonly store: Store | null;
  readonly authority: Authority | null;
}

/** The whole gateway, in front of an origin that answers at once. */
export async function visitGateway(subject: Subject, clock: MovedClock, counter: Counter): Promise<Operations> {
  const definition = defineGateway({
    publicOrigins: [publicOrigin],
    session: subject.session as never,
    pools: {
      app: { origins: [{ id: 'eu', url: 'https://eu.origin.example' }], commands: { token: originToken } },
    },
    routes: [
      { path: '/login', methods: ['POST'], pool: 'app', issues: true },
      { path: '/*', pool: 'app' },
    ],
  });
  const read = readSettings(definition, { SESSION_KEYS: JSON.stringify(await freshKeys()) }, subject.door);
  if (read.kind === 'problems') throw new Error(read.problems.map(({ path, message }) => `${path} ${message}`).join());
  const { store, authority } = subject;
  const gateway = await createGateway({
    settings: read.settings,
    platform: platformOf(subject.door, clock),
    store,
    authority,
  });

  const jar = new Map<string, string>();
  async function ask(method: string, path: string, expected: number): Promise<void> {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = {
      'user-agent': 'bench',
      accept: 'text/html',
      'sec-fetch-site': 'same-origin',
      ...(cookie && { cookie }),
    };
    const deferred: Promise<unknown>[] = [];
    const reply = await gateway.handle(
      new Request(publicOrigin + path, { method, headers }),
      arrivalAt(path, deferred),
    );
    await reply.arrayBuffer();
    if (reply.status !== expected) throw new Error(`${path} gave ${reply.status}`);
    for (const line of reply.headers.getSetCookie()) {
      const [name = '', value = ''] = (line.split(';', 1)[0] as string).split(/=(.*)/s);
      jar.set(name, value);
    }
    // A function waits for what a Worker may finish later.
    if (subject.door === 'lambda') await Promise.all(deferred);
  }

  await ask('POST', '/login', 303);
  counter.reset();
  for (let i = 1; i <= requests; i++) {
    await clock.moveTo(momentOf(i));
    await ask('GET', '/account', 200);
    if (i % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return counter.counted();
}

const platformOf = (door: Door, clock: MovedClock): Platform => ({
  door,
  endsWhatIsLeft: false,
  now: clock.now,
  send: async ({ url }) => replyTo(url),
  relay: null,
  log: () => {},
});

function replyTo(url: string): OriginOutcome {
  if (!url.endsWith('/login')) return { kind: 'reply', status: 200, response: new Response('ok') };
  const issue = btoa(JSON.stringify({ sub: 'ada' })).replace(/=+$/, '');
  const headers = { 'session-issue': issue, 'session-origin-token': originToken, location: '/' };
  return { kind: 'reply', status: 303, response: new Response(null, { status: 303, headers }) };
}

const arrivalAt = (path: string, deferred: Promise<unknown>[]): Arrival => ({
  peer: () => ({ address: '203.0.113.9', place: null }),
  scheme: 'https',
  platformHost: null,
  body: null,
  path,
  rawQuery: '',
  signal: null,
  defer: (work) => void deferred.push(work),
  remainingMs: () => null,
});
