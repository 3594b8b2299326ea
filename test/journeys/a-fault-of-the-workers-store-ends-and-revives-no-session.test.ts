import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiOf } from '../support/api.ts';
import type { Client, Reply } from '../support/client.ts';
import { command, commandable, copyOf, signedIn, told } from '../support/commanding.ts';
import type { KvMode } from '../support/switched-kv.ts';
import type { ObjectsMode } from '../support/switched-objects.ts';
import { type SwitchedWorker, startWorkerOnKv, startWorkerOnObjects } from '../support/switched-worker.ts';

/** The table of `docs/storage.md`: what a client gets during a fault, and what is true afterwards in another isolate. */
type Expected = readonly [status: number, after: 'live' | 'ended'];

const operations = [
  'a read within its freshness',
  'a read beyond it',
  'a write beyond it',
  'a sign-in',
  'a sign-out',
  'Session-Update',
  'Session-Rotate',
  'ending the others',
  'the list of devices',
  'ending all of a subject',
] as const;
type Operation = (typeof operations)[number];

/** A call of the store has so long, and a busy machine takes the rest. */
const patienceMs = 4_500;

const nothingWorks: Readonly<Record<Operation, Expected>> = {
  'a read within its freshness': [200, 'live'],
  'a read beyond it': [503, 'live'],
  'a write beyond it': [503, 'live'],
  'a sign-in': [503, 'live'],
  // What was not written is repeated: by the client, and by the isolate with a later request.
  'a sign-out': [503, 'ended'],
  // The origin has done its work.
  'Session-Update': [200, 'live'],
  'Session-Rotate': [503, 'live'],
  'ending the others': [503, 'live'],
  'the list of devices': [503, 'live'],
  'ending all of a subject': [503, 'ended'],
};
const onlyReadsWork: Readonly<Record<Operation, Expected>> = {
  ...nothingWorks,
  'a read beyond it': [200, 'live'],
  'a write beyond it': [200, 'live'],
  'the list of devices': [200, 'live'],
};
/** What needs no fact about everyone: a sign-in, a sign-out, and the end of a subject. */
const withoutControl: Readonly<Record<Operation, Expected>> = {
  ...nothingWorks,
  'a sign-in': [303, 'live'],
  'a sign-out': [204, 'ended'],
  'ending all of a subject': [204, 'ended'],
};
const everythingWorks: Readonly<Record<Operation, Expected>> = {
  'a read within its freshness': [200, 'live'],
  'a read beyond it': [200, 'live'],
  'a write beyond it': [200, 'live'],
  'a sign-in': [303, 'live'],
  'a sign-out': [204, 'ended'],
  'Session-Update': [200, 'live'],
  'Session-Rotate': [200, 'live'],
  'ending the others': [200, 'live'],
  'the list of devices': [200, 'live'],
  'ending all of a subject': [204, 'ended'],
};

interface Prepared {
  readonly client: Client;
  readonly user: string;
  /** The cookie as it was before, held by somebody else. */
  readonly copy: Client;
}

function perform<Mode extends string>(world: SwitchedWorker<Mode>, staleSeconds: number) {
  const beyond = (client: Client): Client => Object.assign(client, { clockSeconds: staleSeconds });
  const acts: Readonly<Record<Operation, (prepared: Prepared) => Promise<Reply>>> = {
    'a read within its freshness': ({ client }) => client.ask('/account'),
    'a read beyond it': ({ client }) => beyond(client).ask('/account'),
    'a write beyond it': ({ client }) => beyond(client).ask('/account', { method: 'POST' }),
    'a sign-in': ({ user }) => world.client().ask('/login', { form: { user } }),
    'a sign-out': ({ client }) => client.ask('/.session/logout', { method: 'POST' }),
    'Session-Update': ({ client }) => command(client, { update: { cart: 1 } }),
    'Session-Rotate': ({ client }) => command(client, { rotate: true }),
    'ending the others': ({ client }) => command(client, { end: 'others' }),
    'the list of devices': ({ client }) => client.ask('/.session/sessions'),
    'ending all of a subject': ({ user }) => apiOf(world)('DELETE', `/subjects/${user}/sessions`),
  };

  return async (operation: Operation, prepared: Prepared) => {
    const startedAt = performance.now();
    const { status } = await acts[operation](prepared);
    return { status, tookMs: performance.now() - startedAt };
  };
}

let users = 0;

async function prepare<Mode extends string>(world: SwitchedWorker<Mode>): Promise<Prepared> {
  const user = `user${users++}`;
  const client = await signedIn(world, user);
  return { client, user, copy: copyOf(world, client) };
}

/** By the client's cookie, or a copy of it, in the other isolate, when every copy has grown too old to be believed. */
async function stateOf<Mode extends string>(
  world: SwitchedWorker<Mode>,
  { client, copy }: Prepared,
  staleSeconds: number,
): Promise<'live' | 'ended'> {
  const other = world.elsewhere();
  const { jar } = client.jar.has('__Host-session') ? client : copy;
  for (const [name, value] of jar) other.jar.set(name, value);
  other.clockSeconds = 2 * staleSeconds;
  const { status } = await other.ask('/account');
  if (status !== 200 && status !== 401) throw new Error(`the other isolate answered ${status}`);
  return status === 200 ? 'live' : 'ended';
}

/** An isolate that got no answer leaves the store alone for a few seconds. */
async function untilWell<Mode extends string>(world: SwitchedWorker<Mode>, staleSeconds: number): Promise<void> {
  for (let attempt = 0; attempt < 40; attempt++) {
    const client = world.client();
    const isIn = (await client.ask('/login', { form: { user: 'well' } })).status === 303;
    client.clockSeconds = staleSeconds;
    if (isIn && (await client.ask('/account')).status === 200) return;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error('the store did not recover');
}

interface Place<Mode extends string> {
  readonly name: string;
  readonly start: () => Promise<SwitchedWorker<Mode>>;
  readonly staleSeconds: number;
  readonly lasting: readonly (readonly [fault: Mode, expected: Readonly<Record<Operation, Expected>>, cause: RegExp])[];
  /** Faults of a single call. */
  readonly passing: readonly Mode[];
}

function faultsOf<Mode extends string>({ name, start, staleSeconds, lasting, passing }: Place<Mode>, well: Mode): void {
  describe(name, () => {
    let world: SwitchedWorker<Mode>;
    let asked = 0;
    /** Later each time, because an answer is remembered for some seconds. */
    const readiness = async (): Promise<unknown[]> => {
      const client = world.client();
      client.clockSeconds = 11 * ++asked;
      const { status, json } = await client.ask('/.session/readyz');
      return [status, json().code];
    };
    beforeAll(async () => {
      world = await start();
      commandable(world);
    });
    afterAll(() => world?.close());

    describe.each(lasting)('during the fault "%s"', (fault, expected, cause) => {
      it('answers as the table says, in time, and afterwards no session has ended or come back', async () => {
        const prepared = await Promise.all(operations.map(() => prepare(world)));
        const linesBefore = world.lines.length;
        await world.switchStore(fault);
        const act = perform(world, staleSeconds);
        const outcomes = await Promise.all(operations.map((operation, i) => act(operation, prepared[i] as Prepared)));
        expect(Object.fromEntries(operations.map((operation, i) => [operation, outcomes[i]?.status]))).toEqual(
          Object.fromEntries(operations.map((operation) => [operation, expected[operation][0]])),
        );
        expect(Math.max(...outcomes.map(({ tookMs }) => tookMs))).toBeLessThan(patienceMs);
        // No fault takes a cookie away.
        const left = prepared[operations.indexOf('a sign-out')] as Prepared;
        expect(left.client.jar.has('__Host-session')).toBe(expected['a sign-out'][0] === 503);
        expect(await readiness()).toEqual([503, 'store_unavailable']);

        await world.switchStore(well);
        await untilWell(world, staleSeconds);
        const states: [string, string][] = [];
        for (const [i, operation] of operations.entries()) {
          states.push([operation, await stateOf(world, prepared[i] as Prepared, staleSeconds)]);
        }
        expect(Object.fromEntries(states)).toEqual(
          Object.fromEntries(operations.map((operation) => [operation, expected[operation][1]])),
        );
        expect((await told(world, 'update-not-saved')).at(-1)).toMatchObject({
          reason: expect.stringMatching(cause),
        });
        expect(world.lines.slice(linesBefore).join('\n')).not.toMatch(/"reason":"(Error|unknown)"/);
      });
    });

    describe.each(passing)('a call with the fault "%s"', (fault) => {
      it.each(operations)('is repeated, and %s is not even late', async (operation) => {
        const prepared = await prepare(world);
        await world.switchStore(fault);
        const { status, tookMs } = await perform(world, staleSeconds)(operation, prepared);
        await world.switchStore(well);
        const [expectedStatus, after] = everythingWorks[operation];
        expect(status).toBe(expectedStatus);
        expect(tookMs).toBeLessThan(2_000);
        expect(await stateOf(world, prepared, staleSeconds)).toBe(after);
        if (operation !== 'Session-Rotate' && operation !== 'ending the others') return;
        expect(await stateOf(world, { ...prepared, client: prepared.copy }, staleSeconds)).toBe('ended');
      });
    });
  });
}

const onKv: Place<KvMode> = {
  name: 'Workers KV',
  start: startWorkerOnKv,
  staleSeconds: 150,
  lasting: [
    ['fail', nothingWorks, /KV GET failed: 500|Network connection lost/],
    ['hang', nothingWorks, /did not answer|gave no answer/],
    ['writes-used-up', onlyReadsWork, /429 Too Many Requests/],
  ],
  passing: [],
};
faultsOf(onKv, 'well');

const onObjects: Place<ObjectsMode> = {
  name: 'Durable Objects',
  start: () => startWorkerOnObjects({ freshness: '60s' }),
  staleSeconds: 90,
  lasting: [
    ['fail', nothingWorks, /the object is out of order/],
    ['hang', nothingWorks, /did not answer|gave no answer/],
    ['overloaded', nothingWorks, /Durable Object is overloaded/],
    ['control-fails', withoutControl, /the object is out of order/],
  ],
  passing: ['restart', 'restart-after'],
};
faultsOf(onObjects, 'well');
