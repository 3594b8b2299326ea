import { describe, expect, it } from 'vitest';
import { emptyTrail, type Trail } from '../../../shared/context.ts';
import type { SharedDocument } from '../../../shared/document/document.ts';
import { logPeriodMs, type SharedLog } from '../../../shared/document/log.ts';
import { addClient, emptySketch, estimateClients } from '../../../shared/metrics/clients.ts';
import { createCountsInLog } from '../../../shared/metrics/counts-in-log.ts';
import { createCounting } from '../../../shared/metrics/flush.ts';
import { type Batch, emptyTally, readTally, writeTally } from '../../../shared/metrics/tally.ts';
import type { Platform } from '../../../shared/platform.ts';
import { createMemoryDocument } from '../../support/memory-document.ts';
import { createMemoryLog } from '../../support/memory-log.ts';

const begin = 1_000 * logPeriodMs;
const key = 'requests|1|2xx|active';
const batch = (id: string, count = 1): Batch => ({ id, counts: new Map([[key, count]]) });
const flushed = (batches: readonly Batch[], at: number, clients = emptySketch()) => ({
  batches,
  revision: 'r1',
  seen: { at, clients },
});
const opened = (log: SharedLog = createMemoryLog(), document: SharedDocument = createMemoryDocument()) => ({
  log,
  document,
  counts: createCountsInLog(log, document),
});
const minutes = (count: number): number => begin + count * logPeriodMs;

describe('counts in a log', () => {
  it('of several isolates become one, at once', async () => {
    const { log, document, counts } = opened();
    const other = createCountsInLog(log, document);
    await counts.add(flushed([batch('a', 2)], begin));
    await other.add(flushed([batch('b', 3), batch('c', 4)], begin));
    expect((await counts.total(begin)).counts.get(key)).toBe(9);
    expect((await other.total(begin)).counts.get(key)).toBe(9);
  });

  it('are the same whenever they are asked for and added up', async () => {
    const { log, document, counts } = opened();
    for (let minute = 0; minute < 30; minute++) {
      await counts.add(flushed([batch(`a${minute}`)], minutes(minute)));
      const reader = createCountsInLog(log, document);
      if (minute % 3 === 0) await reader.fold(minutes(minute));
      expect((await reader.total(minutes(minute))).counts.get(key)).toBe(minute + 1);
    }
    expect(readTally((await document.read()).text).counts.get(key)).toBe(27);
  });

  it('of a flush that is repeated count once, also when its period is over', async () => {
    for (const pause of [0, 1, 2, 3, 10, 60]) {
      const { counts } = opened();
      await counts.fold(begin);
      const twice = batch('a', 5);
      await counts.add(flushed([twice], begin));
      await counts.fold(minutes(pause));
      await counts.add(flushed([twice], minutes(pause)));
      await counts.fold(minutes(pause + 5));
      expect((await counts.total(minutes(pause + 5))).counts.get(key)).toBe(5);
    }
  });

  it('of a flush that failed count when it is repeated, however late', async () => {
    for (const pause of [0, 1, 3, 60]) {
      const bare = createMemoryLog();
      let isDown = true;
      const log: SharedLog = {
        ...bare,
        append: (...entry) => (isDown ? Promise.reject(new Error('down')) : bare.append(...entry)),
      };
      const { counts } = opened(log);
      const late = batch('a', 5);
      await expect(counts.add(flushed([late], begin))).rejects.toThrow('down');
      isDown = false;
      await counts.fold(minutes(pause));
      await counts.add(flushed([late], minutes(pause)));
      expect((await counts.total(minutes(pause))).counts.get(key)).toBe(5);
      await counts.fold(minutes(pause + 5));
      expect((await counts.total(minutes(pause + 5))).counts.get(key)).toBe(5);
    }
  });

  it.each([-60_000, 60_000])('of an isolate whose clock differs by %d ms are not lost', async (skew) => {
    const { counts } = opened();
    for (let minute = 0; minute < 10; minute++) {
      await counts.add(flushed([batch(`a${minute}`)], minutes(minute) + skew));
      await counts.fold(minutes(minute));
      expect((await counts.total(minutes(minute))).counts.get(key)).toBe(minute + 1);
    }
  });

  it('added up by two at once count once', async () => {
    const { log, document, counts } = opened();
    const other = createCountsInLog(log, document);
    await counts.add(flushed([batch('a')], begin));
    await Promise.all([counts.fold(minutes(5)), other.fold(minutes(5)), counts.total(minutes(5))]);
    expect((await other.total(minutes(5))).counts.get(key)).toBe(1);
  });

  it('are added to what the version before has counted', async () => {
    const document = createMemoryDocument();
    await document.write(writeTally({ ...emptyTally, counts: new Map([[key, 40]]) }), 0);
    const { counts } = opened(createMemoryLog(), document);
    await counts.add(flushed([batch('a', 2)], begin));
    await counts.fold(minutes(5));
    expect((await counts.total(minutes(5))).counts.get(key)).toBe(42);
  });

  it('know each client once, though an isolate writes only what is new', async () => {
    const { log, document, counts } = opened();
    const other = createCountsInLog(log, document);
    const clients = emptySketch();
    const written: number[] = [];
    for (let round = 0; round < 10; round++) {
      for (let i = 0; i < 50; i++) {
        const n = Math.imul(round * 50 + i + 1, 0x9e3779b1) >>> 0;
        addClient(clients, { high: n, low: Math.imul(n, 0x85ebca6b) >>> 0 });
      }
      await counts.add(flushed([batch(`a${round}`)], minutes(round), clients));
      written.push(((await log.read(1_000 + round))[0]?.text ?? '').length);
    }
    await other.add(flushed([batch('b')], minutes(10), clients));
    const { revisions } = await counts.total(minutes(11));
    expect(revisions.get('r1')?.clients).toEqual(clients);
    expect(estimateClients(clients)).toBeGreaterThan(450);
    expect(written.at(-1)).toBeLessThan(400);
  });

  it('a foreign text counts nothing', async () => {
    const { log, counts } = opened();
    for (const [i, text] of ['', '{}', 'q1YqSy0qzszPU7JSMlTSUYpOLM0pUbIyiAUA', 'ä', 'x'.repeat(300_000)].entries()) {
      await log.append(1_000, `foreign${i}`, text);
    }
    await counts.add(flushed([batch('a')], begin));
    expect((await counts.total(begin)).counts).toEqual(new Map([[key, 1]]));
  });
});

describe('how often an isolate writes', () => {
  const trail = (route: number): Trail => ({ ...emptyTrail(), route, session: 'active' });

  it('is as rare as its writes are large', async () => {
    for (const [routes, leastMs] of [
      [5, 75_000],
      [2_000, 150_000],
    ] as const) {
      const { log, counts } = opened();
      const platform = { door: 'lambda', log: () => {} } as unknown as Platform;
      const counting = createCounting({ document: null, counts, platform, revision: 'r1' });
      const deferred: Promise<unknown>[] = [];
      const flushesAt: number[] = [];
      for (let second = 0; second < 1_200; second++) {
        const now = begin + second * 1_000;
        for (let i = 0; i < routes / 60; i++) counting.note(trail((second * 97 + i * 31) % routes), 200, 5);
        counting.flushWhenDue(now, {
          defer: (work) => {
            deferred.push(work);
            flushesAt.push(now);
          },
        });
        await Promise.all(deferred.splice(0));
      }
      const pauses = flushesAt.slice(1).map((at, i) => at - (flushesAt[i] as number));
      expect(Math.min(...pauses.slice(1))).toBeGreaterThanOrEqual(leastMs);
      expect((await log.read(1_000)).length).toBeLessThanOrEqual(1);
    }
  });
});
