import { expect, it, vi } from 'vitest';
import type { Pool } from '../../../../shared/config/settings.ts';
import type { Pin } from '../../../../shared/routing/pins/pin.ts';
import { choose, type Question } from '../../../../shared/routing/placement/choose.ts';
import { createSettled } from '../../../../shared/routing/placement/settled.ts';
import { originOf, poolOf } from '../../../support/pools.ts';

const now = 1_000;
const pool = (more: Partial<Pool> = {}): Pool => poolOf([originOf('eu'), originOf('us')], more);
const pinTo = (origin: string): Pin => ({
  pool: 'app',
  branch: null,
  origin,
  epoch: 1,
  issuedAt: 0,
  idleEndsAt: null,
  absoluteEndsAt: 1_000_000,
  revision: 'r',
  controlRevision: 0,
});
const branches = [{ pool: pool(), share: 1 }] as const;
const asked = (more: Partial<Question> = {}): Question => ({
  branches: branches as unknown as Question['branches'],
  clientKey: 'somebody',
  place: null,
  pin: { kind: 'valid', pin: pinTo('eu'), stale: false },
  allowed: { route: null, residency: null },
  originStatus: () => ({ ejected: false }),
  now,
  ...more,
});

function counted() {
  const settled = createSettled();
  const chooser = vi.fn(choose);
  return { chooser, answer: (question: Question, isQuiet = true) => settled.answer(question, isQuiet, chooser) };
}

it('a pinned client that asks again is not placed again', () => {
  const { chooser, answer } = counted();
  const question = asked();
  expect(answer(question)).toEqual(choose(question));
  expect(answer({ ...question, now: now + 1 })).toEqual(choose(question));
  expect(chooser).toHaveBeenCalledTimes(1);
});

it.each<[string, Partial<Question>]>([
  ['another key', { clientKey: 'somebody else' }],
  ['another place', { place: { latitude: 1, longitude: 1 } }],
  ['other branches', { branches: [{ pool: pool(), share: 1 }] }],
  ['a limit on regions', { allowed: { route: ['eu'], residency: null } }],
  ['a residency', { allowed: { route: null, residency: ['eu'] } }],
  ['an expired pin', { pin: { kind: 'expired', pin: pinTo('eu') } }],
])('%s is a new question', (_, change) => {
  const { chooser, answer } = counted();
  const question = asked();
  answer(question);
  answer({ ...question, ...change });
  expect(chooser).toHaveBeenCalledTimes(2);
});

it('nothing is remembered while anything is known against an origin', () => {
  const { chooser, answer } = counted();
  const question = asked();
  answer(question);
  answer(question, false);
  answer(question, false);
  expect(chooser).toHaveBeenCalledTimes(3);
});

it('nor where a drain has a deadline', () => {
  const { chooser, answer } = counted();
  const draining = poolOf([originOf('eu', { state: 'draining', drainBy: now + 1 }), originOf('us')]);
  const question = asked({ branches: [{ pool: draining, share: 1 }] });
  expect(answer(question)).toMatchObject({ because: 'pinned' });
  expect(answer({ ...question, now: now + 2 })).toMatchObject({ because: 'drained' });
  expect(chooser).toHaveBeenCalledTimes(2);
});
