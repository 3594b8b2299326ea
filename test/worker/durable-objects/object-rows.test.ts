import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { collectAt, createRows } from '../../../worker/durable-objects/object-rows.ts';
import { openStorage } from '../../support/sqlite-storage.ts';

const hourMs = 3_600_000;
const start = Date.UTC(2026, 0, 1, 12);
beforeEach(() => void vi.useFakeTimers({ now: start }));
afterEach(() => void vi.useRealTimers());

test('a row is read as it was put, and nothing is read where none is', () => {
  const rows = createRows(openStorage().storage);
  expect(rows.read('record', 'a')).toBeNull();
  rows.put('record', 'a', { n: 1 }, start + hourMs);
  rows.put('marker', 'a', { n: 2 }, start + hourMs);
  expect(rows.read('record', 'a')).toEqual({ n: 1 });
  expect(rows.read('marker', 'a')).toEqual({ n: 2 });
  expect(rows.read('record', 'b')).toBeNull();
  rows.put('record', 'a', 'anew', start + hourMs);
  expect(rows.read('record', 'a')).toBe('anew');
});

test('an object that was only asked keeps nothing and sets no alarm', async () => {
  const { storage, tables, alarm } = openStorage();
  const rows = createRows(storage);
  rows.read('record', 'a');
  await rows.collect();
  expect(tables()).toEqual([]);
  expect(alarm()).toBeNull();
});

test('an object that wakes up finds its rows', () => {
  const { storage } = openStorage();
  createRows(storage).put('record', 'a', 1, start + hourMs);
  expect(createRows(storage).read('record', 'a')).toBe(1);
});

test('the alarm rings when the first row may go, and then for the next', async () => {
  const { storage, alarm, rows: count } = openStorage();
  const rows = createRows(storage);
  rows.put('record', 'late', 1, start + 3 * hourMs);
  rows.put('record', 'early', 1, start + hourMs);
  expect(alarm()).toBe(start + hourMs);
  vi.setSystemTime(start + hourMs);
  await rows.collect();
  expect(rows.read('record', 'early')).toBeNull();
  expect(rows.read('record', 'late')).toBe(1);
  expect(count()).toBe(1);
  expect(alarm()).toBe(start + 3 * hourMs);
});

test('an object that was asleep does not put its alarm off', () => {
  const { storage, alarm } = openStorage();
  createRows(storage).put('record', 'early', 1, start + hourMs);
  createRows(storage).put('record', 'late', 1, start + 3 * hourMs);
  expect(alarm()).toBe(start + hourMs);
});

test('activity does not set the alarm, and does not keep a row for longer', async () => {
  const { storage, alarmsSet } = openStorage();
  const rows = createRows(storage);
  rows.put('record', 'a', 1, start + hourMs);
  for (let n = 0; n < 5; n++) rows.change('record', 'a', n);
  expect(rows.read('record', 'a')).toBe(4);
  expect(alarmsSet()).toBe(1);
  vi.setSystemTime(start + hourMs);
  await rows.collect();
  expect(rows.read('record', 'a')).toBeNull();
});

test('an object whose last row is gone leaves nothing behind, and can be used again', async () => {
  const { storage, tables, alarm } = openStorage();
  const rows = createRows(storage);
  rows.put('place', '', 1, start + hourMs);
  vi.setSystemTime(start + hourMs);
  await rows.collect();
  expect(tables()).toEqual([]);
  expect(alarm()).toBeNull();
  expect(rows.read('place', '')).toBeNull();
  rows.put('place', '', 2, start + 2 * hourMs);
  expect(rows.read('place', '')).toBe(2);
  expect(alarm()).toBe(start + 2 * hourMs);
});

test('lifetimes are counted on the object’s own clock, with an hour to spare, whatever the caller’s says', () => {
  expect(collectAt(start + hourMs, start)).toBe(start + 2 * hourMs);
  const callersNow = start + 99 * hourMs;
  expect(collectAt(callersNow + hourMs, callersNow)).toBe(start + 2 * hourMs);
  expect(collectAt(start, start + hourMs)).toBe(start + hourMs);
});
