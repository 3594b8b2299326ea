import { expect, it } from 'vitest';
import { createRevocationCache } from '../../../../shared/session/store/revocation-cache.ts';

const session = { sessionId: 'f', subjectKey: 's', createdAt: 100 };

it('nothing is over until it is ended', () => {
  const recent = createRevocationCache();
  expect(recent.endOf(session)).toBeNull();
  expect(recent.retiredAt('hash')).toBeNull();
});

it('an ended family stays ended, even if a login replaces it afterwards', () => {
  const recent = createRevocationCache();
  recent.endSession('f', 'replaced');
  expect(recent.endOf(session)).toBe('replaced');
  recent.endSession('f', 'ended');
  recent.endSession('f', 'replaced');
  expect(recent.endOf(session)).toBe('ended');
  expect(recent.endOf({ ...session, sessionId: 'g' })).toBeNull();
});

it("a subject's end takes what began up to that moment, and never moves backwards", () => {
  const recent = createRevocationCache();
  recent.endSubject('s', 100);
  recent.endSubject('s', 50);
  expect(recent.endOf(session)).toBe('ended');
  expect(recent.endOf({ ...session, createdAt: 101 })).toBeNull();
  expect(recent.endOf({ ...session, subjectKey: 't' })).toBeNull();
  expect(recent.endOf({ ...session, subjectKey: null })).toBeNull();
});

it("everyone's end takes strangers along", () => {
  const recent = createRevocationCache();
  recent.endEveryone(100);
  recent.endEveryone(50);
  expect(recent.endOf({ ...session, subjectKey: null })).toBe('ended');
  expect(recent.endOf({ ...session, createdAt: 101 })).toBeNull();
});

it('memory is bounded: the oldest are forgotten first', () => {
  const recent = createRevocationCache();
  for (let i = 0; i <= 10_000; i++) {
    recent.endSession(`f${i}`, 'ended');
    recent.retireSecret(`h${i}`);
    recent.endSubject(`s${i}`, 100);
  }
  const known = (i: number) => [
    recent.endOf({ sessionId: `f${i}`, subjectKey: null, createdAt: 100 }),
    recent.retiredAt(`h${i}`) !== null,
    recent.endOf({ sessionId: '', subjectKey: `s${i}`, createdAt: 100 }),
  ];
  expect(known(0)).toEqual([null, false, null]);
  expect(known(1)).toEqual(['ended', true, 'ended']);
  expect(known(10_000)).toEqual(['ended', true, 'ended']);
});
