import { beforeEach, describe, expect, it } from 'vitest';
import { createRequestSession } from '../../../../shared/session/request/request-session.ts';
import { createMemoryStore } from '../../../../shared/session/store/memory-store.ts';
import { StoreUnavailable } from '../../../../shared/session/store/unavailable.ts';
import type { Strategy } from '../../../../shared/session/strategy/strategy.ts';
import { type BrokenStore, createBrokenStore } from '../../../support/broken-store.ts';
import { createClock } from '../../../support/clock.ts';
import {
  beginningOf,
  hourMs,
  identityOf,
  minuteMs,
  sessionSettings,
  someClient,
  someKeys,
  storedStrategy,
} from '../../../support/session-parts.ts';

let clock: ReturnType<typeof createClock>;
let broken: BrokenStore;
let strategy: Strategy;
const keys = someKeys();
beforeEach(() => {
  clock = createClock();
  broken = createBrokenStore(createMemoryStore());
  strategy = storedStrategy(broken.store, keys);
});

const request = (value: string | null, method = 'GET', opensSocket = false) =>
  requestWith(value === null ? [] : [value], method, opensSocket);
const requestWith = (values: readonly string[], method = 'GET', opensSocket = false) =>
  createRequestSession({
    strategy,
    values,
    now: clock.now(),
    method,
    opensSocket,
    client: () => someClient,
    device: () => 'Firefox on Linux',
  });
const usual = { freshnessMs: 2 * minuteMs, touch: true };
async function begin() {
  const begun = await strategy.begin(beginningOf(clock.now()));
  if (begun.kind !== 'begun') throw new Error(begun.kind);
  return begun;
}

describe('looking', () => {
  it('without a credential there is nobody, and nothing is written', async () => {
    const session = request(null);
    expect(await session.authenticate(usual)).toEqual({ kind: 'none' });
    expect([session.outcome(), session.transition(), await session.provenSessionId()]).toEqual([
      { kind: 'keep' },
      null,
      null,
    ]);
  });

  it('has no grace in an outage for what opens a socket', async () => {
    strategy = storedStrategy(
      broken.store,
      someKeys(),
      sessionSettings({ whenStoreIsDown: { safeMethodsMs: hourMs } }),
    );
    const { value } = await begin();
    clock.advance(3 * minuteMs);
    broken.fail();
    expect((await request(value).authenticate(usual)).kind).toBe('active');
    expect((await request(value, 'GET', true).authenticate(usual)).kind).toBe('unavailable');
  });

  it('happens once, however often it is asked for', async () => {
    const { value } = await begin();
    const session = request(value);
    const before = broken.calls.load;
    await session.authenticate({ freshnessMs: 0, touch: true });
    await session.authenticate({ freshnessMs: 0, touch: true });
    expect(broken.calls.load - before).toBe(1);
  });

  it('a dead credential is cleared, and one that was replaced a moment ago is not', async () => {
    const [dead, replaced] = [await begin(), await begin()];
    await strategy.end(dead.session.sessionId, 'logout', clock.now());
    await strategy.end(replaced.session.sessionId, 'superseded', clock.now());
    for (const [value, outcome] of [
      [dead.value, 'clear'],
      [replaced.value, 'keep'],
      ['nonsense', 'clear'],
    ] as const) {
      const session = request(value);
      expect((await session.authenticate(usual)).kind).toBe('rejected');
      expect(session.outcome().kind).toBe(outcome);
    }
  });

  it('an outage clears nothing', async () => {
    const { value } = await begin();
    broken.fail();
    const session = request(value);
    expect(await session.authenticate({ freshnessMs: 0, touch: true })).toEqual({ kind: 'unavailable' });
    expect(session.outcome()).toEqual({ kind: 'keep' });
  });

  it('the family is proven by a live credential and by a dead one, and by no other', async () => {
    const { value, session } = await begin();
    await strategy.end(session.sessionId, 'logout', clock.now());
    const dead = request(value);
    await dead.authenticate(usual);
    expect(await dead.provenSessionId()).toBe(session.sessionId);
    expect(await dead.sessionIdAfterReply()).toBeNull();
    expect(await request('nonsense').provenSessionId()).toBeNull();
  });
});

describe('changing', () => {
  it('a login puts a new family in the place of the old, which is over', async () => {
    const before = await begin();
    const session = request(before.value, 'POST');
    await session.authenticate(usual);
    const begun = await session.begin(identityOf({ subject: 'grace' }));
    if (begun.kind !== 'begun') throw new Error(begun.kind);
    expect(session.outcome()).toMatchObject({ kind: 'write', value: begun.value });
    expect(session.transition()).toEqual({ kind: 'begun', sessionId: begun.session.sessionId });
    expect(await session.sessionIdAfterReply()).toBe(begun.session.sessionId);
    expect(session.current()).toMatchObject({ kind: 'active', session: { subject: 'grace' } });
    expect((await request(before.value).authenticate(usual)).kind).toBe('rejected');
  });

  it('a login that does not fit changes nothing', async () => {
    const before = await begin();
    const session = request(before.value, 'POST');
    await session.authenticate(usual);
    expect(await session.begin(identityOf({ claims: { all: 'x'.repeat(4000) } }))).toEqual({ kind: 'too-large' });
    expect(session.outcome()).toEqual({ kind: 'keep' });
    expect((await request(before.value).authenticate(usual)).kind).toBe('active');
  });

  it('a logout clears the cookie even where there was no session, and ends what was there', async () => {
    const { value } = await begin();
    for (const held of [null, 'nonsense', value]) {
      const session = request(held, 'POST');
      expect(await session.end('current')).toBe('ended');
      expect([session.outcome().kind, session.transition()]).toEqual(['clear', { kind: 'ended' }]);
    }
    expect((await request(value).authenticate(usual)).kind).toBe('rejected');
  });

  it('a logout during an outage is an error, and leaves the cookie to the next try', async () => {
    const { value } = await begin();
    broken.fail();
    for (const scope of ['current', 'all'] as const) {
      const session = request(value, 'POST');
      await session.authenticate(usual);
      await expect(session.end(scope)).rejects.toBeInstanceOf(StoreUnavailable);
      expect([session.outcome(), session.transition()]).toEqual([{ kind: 'keep' }, null]);
    }
    const late = request(value);
    expect(await late.authenticate(usual)).toEqual({ kind: 'rejected', reason: 'revoked' });
    expect(late.outcome()).toEqual({ kind: 'keep' });
    broken.recover();
    const again = request(value, 'POST');
    expect(await again.end('current')).toBe('ended');
    expect(again.outcome()).toEqual({ kind: 'clear' });
  });

  it('an end of all others whose last write failed is an error, and the client keeps a live session', async () => {
    const [mine, other] = [await begin(), await begin()];
    const session = request(mine.value, 'POST');
    await session.authenticate(usual);
    const { revokeSubject } = broken.store;
    broken.store.revokeSubject = () => Promise.reject(new Error('the store is out of order'));
    await expect(session.endOthers()).rejects.toBeInstanceOf(StoreUnavailable);
    broken.store.revokeSubject = revokeSubject;
    const outcome = session.outcome();
    if (outcome.kind !== 'write') throw new Error(outcome.kind);
    clock.advance(2_000);
    await strategy.unwritten.write(clock.now());
    for (const [value, kind] of [
      [outcome.value, 'active'],
      [mine.value, 'rejected'],
      [other.value, 'rejected'],
    ] as const) {
      expect((await request(value).authenticate({ freshnessMs: 0, touch: true })).kind).toBe(kind);
    }
  });

  it('an end everywhere followed by a login in the same reply leaves the new session alive', async () => {
    const [mine, other] = [await begin(), await begin()];
    const session = request(mine.value, 'POST');
    await session.authenticate(usual);
    expect(await session.end('all')).toBe('ended');
    const begun = await session.begin(identityOf());
    if (begun.kind !== 'begun') throw new Error(begun.kind);
    clock.advance(1);
    expect((await request(begun.value).authenticate({ freshnessMs: 0, touch: true })).kind).toBe('active');
    expect((await request(other.value).authenticate({ freshnessMs: 0, touch: true })).kind).toBe('rejected');
  });

  it('changes in a row end up in one cookie', async () => {
    const { value } = await begin();
    const session = request(value, 'POST');
    await session.authenticate(usual);
    await session.update({ cart: 2 }, null);
    await session.rotate();
    const outcome = session.outcome();
    if (outcome.kind !== 'write') throw new Error(outcome.kind);
    const next = await request(outcome.value).authenticate({ freshnessMs: 0, touch: true });
    expect(next).toMatchObject({ kind: 'active', session: { shownData: { cart: 2 } } });
  });

  it('who is not signed in has nothing to change', async () => {
    const session = request(null, 'POST');
    await session.authenticate(usual);
    expect(await session.update({ cart: 2 }, null)).toEqual({ kind: 'ended' });
    expect(await session.rotate()).toEqual({ kind: 'ended' });
    expect(await session.endOthers()).toEqual({ kind: 'ended' });
    expect(session.outcome()).toEqual({ kind: 'keep' });
  });

  it('what was begun elsewhere is taken over, unless it has ended', async () => {
    const [mine, handed, ended] = [await begin(), await begin(), await begin()];
    await strategy.end(ended.session.sessionId, 'service', clock.now());
    const session = request(mine.value, 'POST');
    expect((await session.adopt(ended.value)).kind).toBe('rejected');
    expect(session.outcome()).toEqual({ kind: 'keep' });
    expect((await session.adopt(handed.value)).kind).toBe('active');
    expect(session.transition()).toEqual({ kind: 'begun', sessionId: handed.session.sessionId });
    expect((await request(mine.value).authenticate(usual)).kind).toBe('rejected');
  });
});

describe('several cookies of our name', () => {
  const made = 'v1.AAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
  const sessionId = async (...values: string[]) => {
    const session = requestWith(values);
    const found = await session.authenticate({ freshnessMs: 0, touch: true });
    return { session, sessionId: found.kind === 'active' ? found.session.sessionId : found.kind };
  };

  it('the first valid one counts, wherever it stands, and nothing is cleared', async () => {
    const [ended, mine, other] = [await begin(), await begin(), await begin()];
    await strategy.end(ended.session.sessionId, 'logout', clock.now());
    for (const values of [
      [ended.value, mine.value],
      [mine.value, ended.value],
      ['', made, mine.value],
      ['x', ended.value, 'y', mine.value, other.value],
      [mine.value, mine.value],
    ]) {
      const found = await sessionId(...values);
      expect([found.sessionId, found.session.outcome().kind]).toEqual([mine.session.sessionId, 'keep']);
      expect(await found.session.provenSessionId()).toBe(mine.session.sessionId);
    }
  });

  it('when none is valid the first that was signed says why, and the cookie is cleared', async () => {
    const ended = await begin();
    await strategy.end(ended.session.sessionId, 'logout', clock.now());
    const session = requestWith([made, ended.value]);
    expect(await session.authenticate(usual)).toEqual({ kind: 'rejected', reason: 'revoked' });
    expect(session.outcome()).toEqual({ kind: 'clear' });
    expect(await requestWith([made, 'x']).authenticate(usual)).toEqual({ kind: 'rejected', reason: 'invalid' });
  });

  it('a replaced secret beside the current one of its session is no reuse', async () => {
    const first = await begin();
    const session = requestWith([first.value], 'POST');
    await session.authenticate(usual);
    await session.rotate();
    const outcome = session.outcome();
    if (outcome.kind !== 'write') throw new Error(outcome.kind);
    clock.advance(5 * minuteMs);
    for (const values of [
      [first.value, outcome.value],
      [outcome.value, first.value],
    ]) {
      expect((await sessionId(...values)).sessionId).toBe(first.session.sessionId);
    }
  });

  it('the store is asked about two of them at the most', async () => {
    const begun = [];
    for (let i = 0; i < 8; i++) begun.push(await begin());
    const elsewhere = storedStrategy(broken.store, keys);
    for (const { session } of begun) await elsewhere.end(session.sessionId, 'logout', clock.now());
    const before = broken.calls.load;
    const found = await sessionId(...begun.map(({ value }) => value));
    expect([found.sessionId, broken.calls.load - before]).toEqual(['rejected', 2]);
  });

  it('one that could not be checked is not passed over for another', async () => {
    const [mine, other] = [await begin(), await begin()];
    broken.fail();
    const found = await sessionId(mine.value, other.value);
    expect([found.sessionId, found.session.outcome().kind]).toEqual(['unavailable', 'keep']);
  });

  it('a logout and a login end every session among them', async () => {
    for (const act of ['logout', 'login'] as const) {
      const [mine, other] = [await begin(), await begin()];
      const session = requestWith([mine.value, other.value], 'POST');
      await session.authenticate(usual);
      if (act === 'logout') await session.end('current');
      else await session.begin(identityOf());
      for (const { value } of [mine, other]) expect((await request(value).authenticate(usual)).kind).toBe('rejected');
    }
  });
});
