/** What every strategy promises (`shared/session/strategy/strategy.ts`), one sentence each. Time is moved by hand. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AuthOptions, AuthResult } from '../../../shared/session/strategy/authentication.ts';
import type { Begun, Changed } from '../../../shared/session/strategy/lifecycle.ts';
import type { Strategy } from '../../../shared/session/strategy/strategy.ts';
import { createClock } from '../../support/clock.ts';
import {
  beginningOf,
  hourMs,
  type Keys,
  minuteMs,
  sessionKey,
  someClient,
  someKeys,
} from '../../support/session-parts.ts';

export interface OpenedStrategy {
  /** A gateway of its own over the same storage: what another isolate is. */
  gateway(keys: Keys): Strategy;
  close(): Promise<void>;
}

export interface Traits {
  /** `'here'`: only the isolate that ended a session knows it. */
  readonly endsReach: 'everywhere' | 'here';
  /** `'cookie'`: activity is known to the newest cookie alone; an older copy of it ends by its own idleness. */
  readonly activity: 'authority' | 'cookie';
  /** Whether sessions can be looked up and changed by id. */
  readonly records: boolean;
}

export function sessionStrategyContract(name: string, open: () => Promise<OpenedStrategy>, traits: Traits): void {
  describe(`${name} keeps the strategy contract`, () => {
    const keys = someKeys();
    let opened: OpenedStrategy;
    let strategy: Strategy;
    let elsewhere: Strategy;
    beforeAll(async () => {
      opened = await open();
      strategy = opened.gateway(keys);
      elsewhere = opened.gateway(keys);
    });
    afterAll(() => opened?.close());

    const clock = createClock();
    const needOf = (more: Partial<AuthOptions> = {}): AuthOptions => ({
      now: clock.now(),
      freshnessMs: 2 * minuteMs,
      touch: true,
      safeMethod: true,
      client: () => someClient,
      ...more,
    });
    const look = (value: string, more: Partial<AuthOptions> = {}, who = strategy) =>
      who.authenticate(value, needOf(more));
    const begin = async (more = {}, who = strategy) => {
      const begun = await who.begin(beginningOf(clock.now(), more));
      if (begun.kind !== 'begun') throw new Error(begun.kind);
      return begun;
    };
    const active = (recognised: AuthResult) => {
      if (recognised.kind !== 'active')
        throw new Error(`expected an active session, got ${JSON.stringify(recognised)}`);
      return recognised;
    };
    const changed = (outcome: Changed) => {
      if (outcome.kind !== 'changed') throw new Error(outcome.kind);
      return outcome as Extract<Changed, { kind: 'changed' }> & { value: string };
    };
    const revoked = { kind: 'rejected', reason: 'revoked' };
    const freshSubject = () => `subject-${crypto.randomUUID()}`;

    describe('beginning', () => {
      test('a session that begins is recognised as who was signed in, here and elsewhere', async () => {
        const begun = await begin();
        const now = clock.now();
        expect(begun.session).toEqual({
          sessionId: expect.stringMatching(/^[A-Za-z0-9_-]{22}$/),
          subject: 'ada',
          claims: { role: ['customer'] },
          shownData: { cart: 1 },
          acr: 'urn:low',
          amr: ['pwd'],
          createdAt: now,
          authenticatedAt: now,
          lastSeenAt: now,
          idleEndsAt: now + 30 * minuteMs,
          endsAt: now + 12 * hourMs,
          version: 1,
        });
        for (const who of [strategy, elsewhere]) {
          expect(await look(begun.value, {}, who)).toEqual({ kind: 'active', session: begun.session, renewed: null });
        }
      });
      test('two sessions of one subject share neither family nor value', async () => {
        const [one, two] = [await begin(), await begin()];
        expect(one.session.sessionId).not.toBe(two.session.sessionId);
        expect(one.value).not.toBe(two.value);
      });
      test('what no cookie can carry does not begin', async () => {
        const claims = { all: 'x'.repeat(4000) };
        expect(await strategy.begin(beginningOf(clock.now(), { claims }))).toEqual({
          kind: 'too-large',
        } satisfies Begun);
      });
      test('a value stays within what a client may be asked to carry', async () => {
        const { value } = await begin({ claims: { all: 'x'.repeat(1500) } });
        expect(value.length).toBeLessThanOrEqual(3000);
        expect(value).toMatch(/^[A-Za-z0-9._-]+$/);
      });
    });

    describe('strange values', () => {
      test.each(['', 'x', 'v1', 'v1...', 'a.b.c', '\u0000', 'x'.repeat(100_000)])('%j is nobody', async (value) => {
        expect(await look(value)).toEqual({ kind: 'rejected', reason: 'invalid', replaced: false });
        expect(await strategy.identify(value)).toBeNull();
      });
      test('a value that was changed anywhere is nobody', async () => {
        const { value } = await begin();
        for (let at = 0; at < value.length; at += 7) {
          const other = value[at] === 'A' ? 'B' : 'A';
          const altered = value.slice(0, at) + other + value.slice(at + 1);
          expect([at, await look(altered)]).toEqual([at, { kind: 'rejected', reason: 'invalid', replaced: false }]);
        }
        for (const altered of [`${value}=`, `${value}A`, ` ${value}`, `${value}\n`, value.slice(0, -1)]) {
          expect(await look(altered)).toMatchObject({ kind: 'rejected', reason: 'invalid' });
        }
      });
      test('a value under keys of a stranger is nobody', async () => {
        const { value } = await begin({}, opened.gateway(someKeys()));
        expect(await look(value)).toMatchObject({ reason: 'invalid' });
      });
      test('a value tells its family whether it lives or not', async () => {
        const subject = freshSubject();
        const { value, session } = await begin({ subject });
        await strategy.end(session.sessionId, 'logout', clock.now());
        expect(await strategy.identify(value)).toEqual({ sessionId: session.sessionId, subject });
      });
    });

    describe('time', () => {
      test('activity is noted at most once per interval, and never where a route does not count', async () => {
        const { value } = await begin();
        clock.advance(59_000);
        expect(active(await look(value)).renewed).toBeNull();
        clock.advance(1_000);
        expect(active(await look(value, { touch: false })).renewed).toBeNull();
        const { renewed, session } = active(await look(value));
        expect(renewed).not.toBeNull();
        expect(session.lastSeenAt).toBe(clock.now());
        expect(session.idleEndsAt).toBe(clock.now() + 30 * minuteMs);
        expect(active(await look(renewed as string)).renewed).toBeNull();
      });
      test('silence ends a session, at the moment it says', async () => {
        const { value, session } = await begin();
        clock.advance(30 * minuteMs - 1);
        expect((await look(value, { touch: false })).kind).toBe('active');
        clock.advance(1);
        expect(clock.now()).toBe(session.idleEndsAt);
        for (const who of [strategy, elsewhere]) {
          expect(await look(value, {}, who)).toEqual({ kind: 'rejected', reason: 'idle', replaced: false });
        }
      });
      test('activity carries a session to its absolute end, and nothing carries it further', async () => {
        let { value, session } = await begin();
        const { endsAt } = session;
        while (clock.now() + 25 * minuteMs < endsAt) {
          clock.advance(25 * minuteMs);
          const recognised = active(await look(value));
          value = recognised.renewed ?? value;
          session = recognised.session;
          expect(session.endsAt).toBe(endsAt);
          expect(session.idleEndsAt).toBeLessThanOrEqual(endsAt);
        }
        clock.advance(endsAt - clock.now());
        expect(await look(value)).toMatchObject({ kind: 'rejected', reason: 'expired' });
      });
      test(
        traits.activity === 'authority'
          ? 'an older copy of the cookie lives as long as the session'
          : 'an older copy of the cookie ends by its own idleness',
        async () => {
          const { value } = await begin();
          clock.advance(20 * minuteMs);
          active(await look(value));
          clock.advance(20 * minuteMs);
          const late = await look(value, {}, elsewhere);
          if (traits.activity === 'authority') expect(late.kind).toBe('active');
          else expect(late).toMatchObject({ kind: 'rejected', reason: 'idle' });
        },
      );
    });

    describe('ending', () => {
      test('an ended session is refused here at once, and no other one with it', async () => {
        const [one, two] = [await begin(), await begin()];
        await strategy.end(one.session.sessionId, 'logout', clock.now());
        await strategy.end(one.session.sessionId, 'logout', clock.now());
        expect(await look(one.value)).toEqual({ ...revoked, replaced: false });
        expect((await look(two.value)).kind).toBe('active');
      });
      test('ending what never was is no error', async () => {
        await strategy.end('A'.repeat(22), 'service', clock.now());
      });
      test('a value that a login put another in the place of is refused, and says so', async () => {
        const { value, session } = await begin();
        await strategy.end(session.sessionId, 'superseded', clock.now());
        expect(await look(value)).toEqual({ ...revoked, replaced: true });
      });
      test('whoever has signed out is handed nothing by a change that comes after it', async () => {
        for (const why of ['logout', 'superseded'] as const) {
          const { value, session } = await begin();
          await strategy.end(session.sessionId, why, clock.now());
          for (const who of traits.endsReach === 'everywhere' ? [strategy, elsewhere] : [strategy]) {
            expect(await who.update(session, value, { cart: 2 }, null, clock.now())).toEqual({ kind: 'ended' });
            expect(await who.rotate(session, value, clock.now())).toEqual({ kind: 'ended' });
            if (who.endOthers) {
              expect(await who.endOthers(session, value, clock.now())).toEqual({ kind: 'ended' });
            }
          }
        }
      });
      test('a stranger whose session was ended gets no data into it', async () => {
        const begun = await strategy.begin({ ...beginningOf(clock.now()), identity: null });
        if (begun.kind !== 'begun') throw new Error(begun.kind);
        await strategy.end(begun.session.sessionId, 'logout', clock.now());
        for (const who of traits.endsReach === 'everywhere' ? [strategy, elsewhere] : [strategy]) {
          expect(await who.update(begun.session, begun.value, { cart: 2 }, null, clock.now())).toEqual({
            kind: 'ended',
          });
        }
      });
      if (traits.endsReach === 'everywhere') {
        test('elsewhere the old cookie is good for its freshness at the most', async () => {
          const { value, session } = await begin();
          await strategy.end(session.sessionId, 'logout', clock.now());
          expect(await look(value, { freshnessMs: 0 }, elsewhere)).toMatchObject(revoked);
          clock.advance(2 * minuteMs);
          expect(await look(value, {}, elsewhere)).toMatchObject(revoked);
        });
        test('no write revives what was ended elsewhere', async () => {
          const { value, session } = await begin();
          await elsewhere.end(session.sessionId, 'logout', clock.now());
          expect(await look(value, { freshnessMs: 0 })).toMatchObject(revoked);
          if (!traits.records) return;
          expect(await strategy.update(session, value, { cart: 2 }, null, clock.now())).toEqual({ kind: 'ended' });
          expect(await strategy.rotate(session, value, clock.now())).toEqual({ kind: 'ended' });
          expect(await strategy.records?.patch(session.sessionId, { cart: 2 }, null, clock.now())).toEqual({
            kind: 'ended',
          });
          expect(await strategy.records?.find(session.sessionId, clock.now())).toBeNull();
        });
        test('a subject is ended with every session up to that moment, and none after it', async () => {
          const subject = freshSubject();
          const [one, two, bystander] = [await begin({ subject }), await begin({ subject }, elsewhere), await begin()];
          await strategy.endSubject?.(subject, clock.now());
          for (const who of [strategy, elsewhere]) {
            for (const { value } of [one, two]) {
              expect(await look(value, { freshnessMs: 0 }, who)).toMatchObject(revoked);
            }
          }
          expect((await look(bystander.value, { freshnessMs: 0 })).kind).toBe('active');
          clock.advance(1_000);
          expect((await look((await begin({ subject })).value, { freshnessMs: 0 }, elsewhere)).kind).toBe('active');
        });
        test('the live sessions of a subject are listed, newest first, and nobody else sees them', async () => {
          const subject = freshSubject();
          const one = await begin({ subject, label: null });
          clock.advance(minuteMs);
          const two = await begin({ subject });
          const three = await begin({ subject });
          await strategy.end(three.session.sessionId, 'logout', clock.now());
          const devices = (await elsewhere.devices?.(subject, clock.now())) ?? [];
          expect(devices.map(({ id, label }) => [id, label])).toEqual([
            [two.session.sessionId, 'Kiosk'],
            [one.session.sessionId, 'Firefox on Linux'],
          ]);
          expect(await elsewhere.devices?.(freshSubject(), clock.now())).toEqual([]);
        });
        test('all others end, and this one goes on under a new value, no longer than before', async () => {
          const subject = freshSubject();
          const [mine, other] = [await begin({ subject }), await begin({ subject })];
          clock.advance(minuteMs);
          const next = changed((await strategy.endOthers?.(mine.session, mine.value, clock.now())) as Changed);
          expect(next.session).toMatchObject({ subject, shownData: { cart: 1 }, endsAt: mine.session.endsAt });
          expect(next.session.authenticatedAt).toBe(mine.session.authenticatedAt);
          expect(await look(other.value, { freshnessMs: 0 }, elsewhere)).toMatchObject(revoked);
          if (next.value !== mine.value) expect(await look(mine.value)).toEqual({ ...revoked, replaced: true });
          clock.advance(1);
          expect((await look(next.value, { freshnessMs: 0 }, elsewhere)).kind).toBe('active');
        });
      } else {
        test('what it cannot do it says', () => {
          const { endSubject, endOthers, endEveryone, devices, records } = strategy;
          expect([endSubject, endOthers, endEveryone, devices, records]).toEqual([null, null, null, null, null]);
        });
      }
    });

    describe('data', () => {
      test('different keys merge, null removes, and origins see the keys they are shown', async () => {
        const { value, session } = await begin();
        const one = changed(await strategy.update(session, value, { cart: 2, more: [1] }, null, clock.now()));
        expect(one.session).toMatchObject({ shownData: { cart: 2 }, version: 2, sessionId: session.sessionId });
        const two = changed(await strategy.update(one.session, one.value, { cart: null }, null, clock.now()));
        expect(two.session).toMatchObject({ shownData: {}, version: 3 });
        expect(active(await look(two.value, {}, elsewhere)).session).toMatchObject({ shownData: {}, version: 3 });
      });
      test('a change on top of a version that is gone is a conflict', async () => {
        const { value, session } = await begin();
        const next = changed(await strategy.update(session, value, { cart: 2 }, 1, clock.now()));
        expect(await strategy.update(next.session, next.value, { cart: 3 }, 1, clock.now())).toEqual({
          kind: 'conflict',
        });
      });
      test('data that does not fit changes nothing', async () => {
        const { value, session } = await begin();
        const patch = { cart: 'x'.repeat(70_000) };
        expect(await strategy.update(session, value, patch, null, clock.now())).toEqual({ kind: 'too-large' });
        expect(active(await look(value, { freshnessMs: 0 })).session.shownData).toEqual({ cart: 1 });
      });
      test('data too large for a cookie, of which the origin is shown a part, changes nothing', async () => {
        const { value, session } = await begin();
        const patch = { cart: 'x'.repeat(5_000) };
        expect(await strategy.update(session, value, patch, null, clock.now())).toEqual({ kind: 'too-large' });
        expect(active(await look(value, { freshnessMs: 0 })).session).toMatchObject({
          shownData: { cart: 1 },
          version: 1,
        });
      });
      test('a change to what is no session of ours is none', async () => {
        const { session } = await begin();
        expect(await strategy.update(session, 'nonsense', {}, null, clock.now())).toEqual({ kind: 'ended' });
        expect(await strategy.rotate(session, 'nonsense', clock.now())).toEqual({ kind: 'ended' });
      });
    });

    describe('strangers', () => {
      const beginAnonymous = async () => {
        const begun = await strategy.begin({ ...beginningOf(clock.now()), identity: null });
        if (begun.kind !== 'begun') throw new Error(begun.kind);
        return begun;
      };
      test('a session of nobody lives on by its cookie, and takes data', async () => {
        const { value, session } = await beginAnonymous();
        expect(session.subject).toBeNull();
        expect(active(await look(value, { freshnessMs: 0 }, elsewhere)).session.sessionId).toBe(session.sessionId);
        const next = changed(await strategy.update(session, value, { cart: 3 }, null, clock.now()));
        expect(active(await look(next.value, { freshnessMs: 0 }, elsewhere)).session).toMatchObject({
          sessionId: session.sessionId,
          subject: null,
          shownData: { cart: 3 },
        });
      });
      test.each([70_000, 5_000])('data of %i letters does not fit there either', async (length) => {
        const { value, session } = await beginAnonymous();
        const patch = { cart: 'x'.repeat(length) };
        expect(await strategy.update(session, value, patch, null, clock.now())).toEqual({ kind: 'too-large' });
        expect(active(await look(value, { freshnessMs: 0 })).session.shownData).toEqual({});
      });
      test('what a stranger gathered is there after the login, and what the login brings wins', async () => {
        const { value, session } = await beginAnonymous();
        const filled = changed(await strategy.update(session, value, { cart: 3 }, null, clock.now()));
        const from = { session: filled.session, value: filled.value };
        const begun = await strategy.begin({ ...beginningOf(clock.now(), { data: {} }), from });
        expect(begun).toMatchObject({ kind: 'begun', session: { shownData: { cart: 3 } } });
        const other = await strategy.begin({ ...beginningOf(clock.now(), { data: { cart: 9 } }), from });
        expect(other).toMatchObject({ kind: 'begun', session: { shownData: { cart: 9 } } });
      });
    });

    describe('rotation on demand', () => {
      test('the old value is dead here at once, and the new one is the same session', async () => {
        const { value, session } = await begin();
        const next = changed(await strategy.rotate(session, value, clock.now()));
        expect(next.value).not.toBe(value);
        expect(next.session.sessionId).toBe(session.sessionId);
        expect(next.session.endsAt).toBe(session.endsAt);
        expect(await look(value)).toEqual({ ...revoked, replaced: true });
        expect((await look(next.value, {}, elsewhere)).kind).toBe('active');
        expect(await strategy.update(session, value, { cart: 9 }, null, clock.now())).toEqual({ kind: 'ended' });
        expect(await strategy.rotate(session, value, clock.now())).toEqual({ kind: 'ended' });
      });
      if (traits.records) {
        test('the old value is dead at the authority, and can change nothing any more', async () => {
          const { value, session } = await begin();
          changed(await strategy.rotate(session, value, clock.now()));
          expect(await look(value, { freshnessMs: 0 }, elsewhere)).toEqual({ ...revoked, replaced: true });
          expect(await elsewhere.update(session, value, { cart: 9 }, null, clock.now())).toEqual({ kind: 'ended' });
        });
      }
    });

    describe('key rotation', () => {
      test('an old key is honoured and re-signed until it is removed', async () => {
        const { value } = await begin();
        const fresh = sessionKey('session-2');
        const during = opened.gateway({ ...keys, session: [fresh, ...keys.session] });
        const { renewed, session } = active(await look(value, { touch: false }, during));
        expect(renewed).not.toBeNull();
        const after = opened.gateway({ ...keys, session: [fresh] });
        expect(active(await look(renewed as string, {}, after)).session).toEqual(session);
        expect(await look(value, {}, after)).toEqual({ kind: 'rejected', reason: 'invalid', replaced: false });
      });
    });

    describe('watching, for a connection that lives on', () => {
      const watch = async (value: string, who = elsewhere) => {
        const watching = await who.watch(value);
        if (!watching) throw new Error('nothing to watch');
        return watching;
      };
      const isOver = { kind: 'ended', reason: 'revoked' };

      test('a session that lives is found alive, as who it is, and nothing is noted by looking', async () => {
        const { value, session } = await begin();
        clock.advance(5 * minuteMs);
        const { subject, claims, sessionId, authenticatedAt } = session;
        expect(await (await watch(value)).look(clock.now())).toMatchObject({
          kind: 'live',
          session: { subject, claims, sessionId, authenticatedAt, lastSeenAt: session.lastSeenAt },
        });
        expect(active(await look(value, { freshnessMs: 0, touch: false })).session.lastSeenAt).toBe(session.lastSeenAt);
      });
      test('what we did not write is not watched', async () => {
        for (const value of ['', 'x', 'v1.a.b.c', 'x'.repeat(5000)]) expect(await strategy.watch(value)).toBeNull();
      });
      test('an end is known here at once, without asking', async () => {
        const { value, session } = await begin();
        const watching = await watch(value, strategy);
        expect(watching.isOverHere()).toBe(false);
        await strategy.end(session.sessionId, 'logout', clock.now());
        expect(watching.isOverHere()).toBe(true);
        expect(await watching.look(clock.now())).toEqual(isOver);
      });
      if (traits.endsReach === 'everywhere') {
        test('an end elsewhere is known with the next look, of this session, its subject or everyone', async () => {
          const ends = [
            (sessionId: string) => strategy.end(sessionId, 'service', clock.now()),
            (_: string, subject: string) => strategy.endSubject?.(subject, clock.now()),
            () => strategy.endEveryone?.(clock.now()),
          ];
          for (const end of ends) {
            const subject = freshSubject();
            const { value, session } = await begin({ subject });
            const watching = await watch(value);
            expect((await watching.look(clock.now())).kind).toBe('live');
            await end(session.sessionId, subject);
            expect(watching.isOverHere()).toBe(false);
            expect(await watching.look(clock.now())).toEqual(isOver);
            clock.advance(1000);
          }
        });
      }
      test('a value that is put aside, by whatever rotation, is watched on and ends nothing', async () => {
        const { value, session } = await begin();
        const watching = await watch(value);
        const { value: next } = changed(await strategy.rotate(session, value, clock.now()));
        clock.advance(minuteMs);
        for (let i = 0; i < 3; i++) expect((await watching.look(clock.now())).kind).toBe('live');
        expect(active(await look(next, { freshnessMs: 0 })).session.sessionId).toBe(session.sessionId);
      });
      test('the absolute end is one, at the moment it says', async () => {
        const { value, session } = await begin();
        const watching = await watch(value);
        let held = value;
        while (clock.now() < session.endsAt - 20 * minuteMs) {
          clock.advance(15 * minuteMs);
          held = active(await look(held)).renewed ?? held;
        }
        clock.advance(session.endsAt - 1 - clock.now());
        expect((await watching.look(clock.now())).kind).toBe('live');
        clock.advance(1);
        expect(await watching.look(clock.now())).toEqual({ kind: 'ended', reason: 'expired' });
      });
      test(
        traits.activity === 'authority'
          ? 'silence is an end, and the activity of a browser under newer values none'
          : 'silence is not known, since the newest cookie alone knows of activity',
        async () => {
          const { value } = await begin();
          const watching = await watch(value);
          let held = value;
          for (let i = 0; i < 4; i++) {
            clock.advance(20 * minuteMs);
            held = active(await look(held)).renewed ?? held;
          }
          expect((await watching.look(clock.now())).kind).toBe('live');
          clock.advance(30 * minuteMs);
          expect(await watching.look(clock.now())).toMatchObject(
            traits.activity === 'authority' ? { kind: 'ended', reason: 'idle' } : { kind: 'live' },
          );
        },
      );
      test('a stranger who lives in the cookie alone is watched too, until the login', async () => {
        const begun = await strategy.begin({ ...beginningOf(clock.now()), identity: null });
        if (begun.kind !== 'begun') throw new Error(begun.kind);
        const watching = await watch(begun.value, strategy);
        expect(await watching.look(clock.now())).toMatchObject({ kind: 'live', session: { subject: null } });
        await strategy.end(begun.session.sessionId, 'superseded', clock.now());
        expect(await watching.look(clock.now())).toEqual(isOver);
      });
    });

    if (traits.records) {
      describe('by id', () => {
        test('a live session is found with all its data and its label', async () => {
          const { session } = await begin();
          expect(await elsewhere.records?.find(session.sessionId, clock.now())).toEqual({
            session,
            data: { cart: 1, note: 'hidden' },
            label: 'Kiosk',
          });
        });
        test('what is no id, never was or is over is not found', async () => {
          const { session } = await begin();
          for (const id of ['', 'x', 'A'.repeat(22), 'x'.repeat(5000)]) {
            expect(await strategy.records?.find(id, clock.now())).toBeNull();
            expect(await strategy.records?.patch(id, {}, null, clock.now())).toEqual({ kind: 'ended' });
          }
          expect(await strategy.records?.find(session.sessionId, session.endsAt)).toBeNull();
        });
        test('a change by id that no cookie could carry afterwards changes nothing', async () => {
          const { session } = await begin();
          const patch = { cart: 'x'.repeat(5_000) };
          expect(await strategy.records?.patch(session.sessionId, patch, null, clock.now())).toEqual({
            kind: 'too-large',
          });
          expect((await strategy.records?.find(session.sessionId, clock.now()))?.data.cart).toBe(1);
        });
        test('a change by id reaches the client with its next look at the authority, and keeps its cookie', async () => {
          const { value, session } = await begin();
          const outcome = await elsewhere.records?.patch(session.sessionId, { cart: 7 }, 1, clock.now());
          expect(outcome).toMatchObject({ kind: 'changed', value: null, session: { version: 2 } });
          const seen = active(await look(value, { freshnessMs: 0 }));
          expect(seen.session).toMatchObject({ version: 2, shownData: { cart: 7 } });
          expect(seen.renewed).not.toBeNull();
        });
      });
    }
  });
}
