import { describe, expect, it } from 'vitest';
import { decide, satisfies } from '../../../shared/policy/decide.ts';
import type { Session, SessionState } from '../../../shared/session/session.ts';
import { routeWith } from '../../support/proxy-settings.ts';

const route = (more: Parameters<typeof routeWith>[0] = {}) =>
  routeWith({ session: 'required', maxAuthAgeMs: null, claims: {}, ...more });
const session = { subject: 'ada', claims: { role: 'admin' }, authenticatedAt: 1_000 } as unknown as Session;
const active: SessionState = { kind: 'active', session };
const anonymous: SessionState = { kind: 'active', session: { ...session, subject: null } };
const rejected: SessionState = { kind: 'rejected', reason: 'idle' };

it('an open route lets everybody in', () => {
  const open = route({ session: 'optional' });
  for (const recognition of [{ kind: 'none' }, rejected, active, anonymous] as const) {
    expect(decide(open, recognition, 0)).toEqual({ kind: 'allow' });
  }
});

it('a store that cannot be asked lets nobody in, not even where anybody may go', () => {
  for (const which of ['optional', 'required'] as const) {
    expect(decide(route({ session: which }), { kind: 'unavailable' }, 0)).toEqual({ kind: 'unavailable' });
  }
});

it('a required route wants somebody who is signed in', () => {
  expect(decide(route(), active, 0)).toEqual({ kind: 'allow' });
  for (const recognition of [{ kind: 'none' }, anonymous] as const) {
    expect(decide(route(), recognition, 0)).toEqual({ kind: 'challenge', code: 'session_required' });
  }
  expect(decide(route(), rejected, 0)).toEqual({ kind: 'challenge', code: 'session_rejected', reason: 'idle' });
});

it('claims and age are asked for on open routes too', () => {
  expect(decide(route({ session: 'optional', claims: { role: ['admin'] } }), { kind: 'none' }, 0).kind).toBe(
    'challenge',
  );
  expect(decide(route({ session: 'optional', maxAuthAgeMs: 1 }), { kind: 'none' }, 0).kind).toBe('challenge');
});

it('a sign-in that is too long ago has to be repeated, and what is forbidden stays so', () => {
  const recent = route({ maxAuthAgeMs: 500 });
  expect(decide(recent, active, 1_500)).toEqual({ kind: 'allow' });
  expect(decide(recent, active, 1_501)).toEqual({ kind: 'challenge', code: 'reauthentication_required' });
  expect(decide(route({ maxAuthAgeMs: 500, claims: { role: ['root'] } }), active, 9_999)).toEqual({ kind: 'forbid' });
});

it('claims of every route that the path can be read as are asked for', () => {
  const both = { ...route({ claims: { role: ['admin'] } }), alsoClaims: [{ role: ['editor'] }] };
  const holding = (role: string[]): SessionState => ({ kind: 'active', session: { ...session, claims: { role } } });
  expect(decide(both, holding(['admin', 'editor']), 0)).toEqual({ kind: 'allow' });
  expect(decide(both, holding(['admin']), 0)).toEqual({ kind: 'forbid' });
  expect(decide(both, holding(['editor']), 0)).toEqual({ kind: 'forbid' });
});

describe('claims', () => {
  it.each<[Record<string, unknown>, Record<string, (string | number | boolean)[]>, boolean]>([
    [{}, {}, true],
    [{ role: 'admin' }, { role: ['admin'] }, true],
    [{ role: 'admin' }, { role: ['user', 'admin'] }, true],
    [{ role: ['user', 'admin'] }, { role: ['admin'] }, true],
    [{ role: 'admin', level: 2 }, { role: ['admin'], level: [2] }, true],
    [{ role: 'admin' }, { role: ['admin'], level: [2] }, false],
    [{ level: '2' }, { level: [2] }, false],
    [{ ok: true }, { ok: [true] }, true],
    [{ ok: 'true' }, { ok: [true] }, false],
    [{ role: 'administrator' }, { role: ['admin'] }, false],
    [{ role: [['admin']] }, { role: ['admin'] }, false],
    [{ role: { admin: true } }, { role: ['admin'] }, false],
    [{ role: [] }, { role: ['admin'] }, false],
    [{}, { constructor: ['x'] }, false],
  ])('%j satisfy %j: %s', (held, rules, expected) => {
    expect(satisfies(held, rules)).toBe(expected);
  });
});
