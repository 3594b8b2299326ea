/**
 * One call of the store fails, each one in turn, before it is carried out or after: whatever the store is. Nothing that was
 * ended comes back, and nobody is signed out who did not ask for it.
 */
import { describe, expect, test } from 'vitest';
import type { SessionEvent } from '../../../shared/session/events.ts';
import { createRequestSession, type RequestSession } from '../../../shared/session/request/request-session.ts';
import { createMemoryStore } from '../../../shared/session/store/memory-store.ts';
import type { Store } from '../../../shared/session/store/store.ts';
import { StoreUnavailable } from '../../../shared/session/store/unavailable.ts';
import { createClock } from '../../support/clock.ts';
import {
  beginningOf,
  identityOf,
  sessionSettings,
  someClient,
  someKeys,
  storedStrategy,
  tokenStrategy,
} from '../../support/session-parts.ts';

/** `down from then on`: until the gateway writes what it could not. */
type Fault = 'refused' | 'answer lost' | 'down from then on';
const once: readonly Fault[] = ['refused', 'answer lost'];

/** The call of that number fails, if there are so many. */
function failingOnce(store: Store) {
  let [at, fault, count]: [number, Fault, number] = [0, 'refused', 0];
  const calls: string[] = [];
  return {
    calls,
    failAt(number: number, how: Fault) {
      [at, fault, count] = [number, how, 0];
      calls.length = 0;
    },
    store: new Proxy(store, {
      get:
        (_, name: keyof Store) =>
        async (...given: never[]) => {
          calls.push(name);
          count++;
          const isDown = fault === 'down from then on' && at > 0 && count >= at;
          const fails = count === at;
          if (isDown || (fails && fault === 'refused')) throw new Error('refused');
          const answer = await (store[name] as (...given: never[]) => Promise<unknown>)(...given);
          if (fails) throw new Error('the answer is lost');
          return answer;
        },
    }),
  };
}

const asks = { freshnessMs: 0, touch: true };
const mostCalls = 20;

describe.each(['stored', 'token'] as const)('one call that fails, of %s sessions', (strategy) => {
  async function world() {
    const clock = createClock();
    const failing = failingOnce(createMemoryStore());
    const keys = someKeys();
    const events: SessionEvent[] = [];
    const settings = sessionSettings({ strategy });
    const create = strategy === 'stored' ? storedStrategy : tokenStrategy;
    const gateway = () => create(failing.store, keys, settings, events);
    const here = gateway();
    const begin = async () => {
      const begun = await here.begin(beginningOf(clock.now()));
      if (begun.kind !== 'begun') throw new Error(begun.kind);
      return begun.value;
    };
    const [mine, other] = [await begin(), await begin()];

    /** What the browser holds after the reply. `null`: its cookie was cleared. */
    async function act(work: (request: RequestSession) => Promise<unknown>) {
      const request = createRequestSession({
        ...{ strategy: here, values: [mine], now: clock.now(), method: 'POST' },
        client: () => someClient,
        device: () => 'Firefox on Linux',
      });
      let isDone = true;
      if ((await request.authenticate(asks)).kind === 'active') {
        isDone = await work(request).then(
          () => true,
          (error) => {
            if (!(error instanceof StoreUnavailable)) throw error;
            return false;
          },
        );
      }
      await request.confirmBeforeReply();
      const outcome = request.outcome();
      const held = outcome.kind === 'write' ? outcome.value : outcome.kind === 'keep' ? mine : null;
      return { held, isDone };
    }

    /** As another gateway has it, once this one has written what it could not. */
    async function isLive(value: string) {
      failing.failAt(0, 'refused');
      clock.advance(2_000);
      await here.unwritten.write(clock.now());
      const answer = await gateway().authenticate(value, {
        ...{ now: clock.now(), freshnessMs: 0, touch: false, safeMethod: true, client: () => someClient },
      });
      expect(['active', 'rejected']).toContain(answer.kind);
      return answer.kind === 'active';
    }
    return { failing, mine, other, act, isLive, events };
  }
  type World = Awaited<ReturnType<typeof world>>;
  type Acted = Awaited<ReturnType<World['act']>>;

  /** Fails each call in turn, both ways, until there are no more calls. */
  async function eachFault(
    work: (request: RequestSession) => Promise<unknown>,
    judge: (world: World, acted: Acted, fault: Fault, failed: string) => Promise<void>,
    faults: readonly Fault[] = once,
  ) {
    let tried = 0;
    for (const fault of faults) {
      for (let number = 1; number < mostCalls; number++) {
        const opened = await world();
        opened.failing.failAt(number, fault);
        const acted = await opened.act(work);
        const failed = opened.failing.calls[number - 1];
        if (failed === undefined) break;
        tried++;
        await judge(opened, acted, fault, failed);
        expect(opened.events.filter(({ event }) => event === 'session-reuse')).toEqual([]);
      }
    }
    expect(tried).toBeGreaterThan(1);
  }
  const nameOf = (fault: Fault, failed: string): string => `${failed}: ${fault}`;

  test('a sign-out is done in the end, whatever was answered', () =>
    eachFault(
      (request) => request.end('current'),
      async ({ mine, isLive }, { isDone, held }, fault, failed) => {
        // A failed check of the session before it is 503: the sign-out was not reached, and the cookie is as good as before.
        if (failed !== 'revoke')
          return expect([nameOf(fault, failed), held]).toEqual([nameOf(fault, failed), mine]) as never;
        expect(held === null).toBe(isDone);
        expect([nameOf(fault, failed), await isLive(mine)]).toEqual([nameOf(fault, failed), false]);
      },
      [...once, 'down from then on'],
    ));

  test('a sign-out everywhere is done in the end, whatever was answered', () =>
    eachFault(
      (request) => request.end('all'),
      async ({ mine, other, isLive }, { held }, fault, failed) => {
        if (failed === 'load') return expect(held).toBe(mine) as never;
        for (const value of [mine, other]) {
          expect([nameOf(fault, failed), await isLive(value)]).toEqual([nameOf(fault, failed), false]);
        }
      },
      [...once, 'down from then on'],
    ));

  test('an end of all others leaves the browser signed in, and what it held before is over with the new cookie', () =>
    eachFault(
      (request) => request.endOthers(),
      async ({ mine, other, isLive }, { held, isDone }, fault, failed) => {
        expect([nameOf(fault, failed), held !== null && (await isLive(held))]).toEqual([nameOf(fault, failed), true]);
        if (strategy === 'stored' && held !== mine && isDone) expect(await isLive(mine)).toBe(false);
        if (isDone && failed !== 'load') expect(await isLive(other)).toBe(false);
      },
    ));

  test('a change of the data signs nobody out', () =>
    eachFault(
      (request) => request.update({ cart: 7 }, null),
      async ({ isLive }, { held }, fault, failed) => {
        expect([nameOf(fault, failed), held !== null && (await isLive(held))]).toEqual([nameOf(fault, failed), true]);
      },
    ));

  test('a login leaves the browser signed in, as before or again, and ends what it replaced', () =>
    eachFault(
      (request) => request.begin(identityOf()),
      async ({ mine, isLive }, { held }, fault, failed) => {
        expect([nameOf(fault, failed), held !== null && (await isLive(held))]).toEqual([nameOf(fault, failed), true]);
        if (held !== mine) expect([nameOf(fault, failed), await isLive(mine)]).toEqual([nameOf(fault, failed), false]);
      },
    ));

  test('a step-up whose answer is lost costs a sign-in, and accuses nobody; any other signs nobody out', () =>
    eachFault(
      (request) => request.rotate(),
      async ({ isLive }, { held }, fault, failed) => {
        const isLost = failed === 'save' && fault === 'answer lost';
        expect([nameOf(fault, failed), held !== null && (await isLive(held))]).toEqual([
          nameOf(fault, failed),
          !isLost,
        ]);
      },
    ));
});
