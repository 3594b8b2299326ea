import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Change, ChangeOutcome } from '../../../../shared/session/stored/change.ts';
import { createChangeQueue } from '../../../../shared/session/stored/change-queue.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const now = 1_000;
const changeOf = (sessionId = 'a'): Change => ({
  locator: { sessionId },
  nextOf: (_, content) => content,
  fitsCookie: async () => true,
});
const written = { record: {}, content: {} } as unknown as ChangeOutcome;

/** Saves when the test lets it. */
function heldSaves() {
  const batches: { readonly size: number; settle(): void; fail(error: Error): void }[] = [];
  const save = (changes: readonly Change[]) =>
    new Promise<readonly ChangeOutcome[]>((resolve, reject) => {
      batches.push({ size: changes.length, settle: () => resolve(changes.map(() => written)), fail: reject });
    });
  return { queue: createChangeQueue(save), batches };
}

test('changes that come while one is being saved are saved together after it', async () => {
  const { queue, batches } = heldSaves();
  const first = queue(changeOf(), now);
  const others = [queue(changeOf(), now), queue(changeOf(), now), queue(changeOf(), now)];
  await vi.advanceTimersByTimeAsync(100);
  expect(batches.map(({ size }) => size)).toEqual([1]);
  batches[0]?.settle();
  expect(await first).toBe(written);
  await vi.advanceTimersByTimeAsync(100);
  expect(batches.map(({ size }) => size)).toEqual([1, 3]);
  batches[1]?.settle();
  await vi.advanceTimersByTimeAsync(100);
  expect(await Promise.all(others)).toEqual([written, written, written]);
});

test('changes of other sessions wait for nothing', async () => {
  const { queue, batches } = heldSaves();
  void queue(changeOf('a'), now);
  void queue(changeOf('b'), now);
  expect(batches).toHaveLength(2);
});

test('an outage is told to all whose change was in it, and the next one tries again', async () => {
  const { queue, batches } = heldSaves();
  const first = queue(changeOf(), now).catch((error: Error) => error.message);
  const [second, third] = [1, 2].map(() => queue(changeOf(), now).catch((error: Error) => error.message));
  batches[0]?.settle();
  await vi.advanceTimersByTimeAsync(100);
  batches[1]?.fail(new Error('down'));
  await vi.advanceTimersByTimeAsync(100);
  expect(await first).toBe(written);
  expect([await second, await third]).toEqual([expect.stringContaining('down'), expect.stringContaining('down')]);
  void queue(changeOf(), now);
  expect(batches).toHaveLength(3);
});

test('a change waits three seconds at most', async () => {
  const { queue, batches } = heldSaves();
  void queue(changeOf(), now);
  const outcomes: unknown[] = [];
  for (const one of [queue(changeOf(), now), queue(changeOf(), now)]) {
    one.catch((error: Error) => outcomes.push(error.message));
  }
  await vi.advanceTimersByTimeAsync(2_000);
  batches[0]?.settle();
  await vi.advanceTimersByTimeAsync(900);
  expect(batches.map(({ size }) => size)).toEqual([1, 2]);
  expect(outcomes).toEqual([]);
  await vi.advanceTimersByTimeAsync(200);
  expect(outcomes).toEqual(['the change waited too long for its turn']);
});

test('a turn that was given up in the middle is taken by another request', async () => {
  const { queue, batches } = heldSaves();
  void queue(changeOf(), now);
  const other = queue(changeOf(), now);
  await vi.advanceTimersByTimeAsync(2_400);
  expect(batches).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(200);
  expect(batches.map(({ size }) => size)).toEqual([1, 2]);
  batches[1]?.settle();
  expect(await other).toBe(written);
});
