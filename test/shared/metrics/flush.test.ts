import { afterEach, describe, expect, it, vi } from 'vitest';
import { emptyTrail, type Trail } from '../../../shared/context.ts';
import type { SharedDocument } from '../../../shared/document/document.ts';
import { createCounting } from '../../../shared/metrics/flush.ts';
import { readTally } from '../../../shared/metrics/tally.ts';
import type { Door, Platform } from '../../../shared/platform.ts';
import { createMemoryDocument } from '../../support/memory-document.ts';

const placed: Trail = {
  ...emptyTrail(),
  route: 2,
  pool: 'app',
  origin: 'eu',
  because: 'pinned',
  session: 'active',
  attempts: 1,
  assignment: { kind: 'kept', pool: 'app', origin: 'eu' },
  client: { high: 1, low: 2 },
};

function counted(document: SharedDocument | null, door: Door = 'worker') {
  const lines: unknown[] = [];
  const deferred: Promise<unknown>[] = [];
  const platform = { door, log: (line: unknown) => lines.push(line) } as unknown as Platform;
  const counting = createCounting({ document, platform, revision: 'r1' });
  const defer = (work: Promise<unknown>) => void deferred.push(work);
  const due = async (now: number) => {
    counting.flushWhenDue(now, { defer });
    await Promise.all(deferred);
    return deferred.length;
  };
  return { counting, lines, due, defer, deferred };
}

afterEach(() => void vi.useRealTimers());

const broken: SharedDocument = {
  read: () => Promise.reject(new Error('out of order')),
  write: () => Promise.reject(new Error('out of order')),
};

describe('counts', () => {
  it('of two processes become one', async () => {
    const document = createMemoryDocument();
    const [one, other] = [counted(document), counted(document)];
    one.counting.note(placed, 200, 7);
    other.counting.note(placed, 200, 12_000);
    await other.counting.total(1_000);
    const { tally, of } = await one.counting.total(1_000);
    expect(of).toBe('deployment');
    expect(Object.fromEntries(tally.counts)).toEqual({
      'requests|2|2xx|active': 2,
      'durations|0.01': 1,
      'durations|25': 1,
      durationSum: 12_007,
      'placements|app|eu|pinned': 2,
      'assignments|r1|app|eu|kept': 2,
    });
  });

  it('what takes longer than every bucket is counted too', async () => {
    const { counting } = counted(null);
    counting.note(emptyTrail(), 504, 60_000);
    expect((await counting.total(1)).tally.counts.get('durations|+Inf')).toBe(1);
  });

  it('a retry, a failure and a move are told apart', async () => {
    const { counting } = counted(null);
    const moved = { ...placed, attempts: 3, because: 'redispatched' } as const;
    const from = { pool: 'old', origin: 'us' };
    const assignment = {
      kind: 'moved',
      pool: 'app',
      origin: 'ap',
      from,
      because: 'unknown',
      isInvoluntary: true,
    } as const;
    counting.note({ ...moved, assignment }, 200, 1);
    counting.note({ ...moved, assignment: { ...assignment, isInvoluntary: false } }, 200, 1);
    counting.note({ ...emptyTrail(), failure: { code: 'no_route', reason: 'secret' } }, 404, 1);
    const counts = Object.fromEntries((await counting.total(1)).tally.counts);
    expect(counts).toMatchObject({
      'retries|app': 4,
      'assignments|r1|app|ap|moved': 2,
      'moves|r1|old|us|unknown|involuntary': 1,
      'moves|r1|old|us|unknown|natural': 1,
      'failures|no_route': 1,
      'requests|none|4xx|': 1,
    });
    expect(JSON.stringify(counts)).not.toContain('secret');
  });

  it('are handed on by a function every minute, and never by its first request', async () => {
    const document = createMemoryDocument();
    const { counting, due } = counted(document, 'lambda');
    counting.note(placed, 200, 1);
    expect(await due(0)).toBe(0);
    expect(await due(59_999)).toBe(0);
    expect(await due(60_000)).toBe(1);
    expect((await document.read()).revision).toBe(1);
    expect(await due(60_001)).toBe(1);
  });

  it('are handed on by a Worker 15 s after a request, with all that came in the meantime, though nobody asks again', async () => {
    vi.useFakeTimers();
    const document = createMemoryDocument();
    const { counting, defer, deferred } = counted(document);
    for (const now of [0, 5_000, 14_999]) {
      counting.note(placed, 200, 1);
      counting.flushWhenDue(now, { defer });
    }
    expect(deferred).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(14_999);
    expect((await document.read()).revision).toBe(0);
    await vi.advanceTimersByTimeAsync(1);
    await Promise.all(deferred);
    expect(readTally((await document.read()).text).counts.get('placements|app|eu|pinned')).toBe(3);
    counting.flushWhenDue(15_000, { defer });
    expect(deferred).toHaveLength(2);
  });

  it('are handed on by what is scheduled too', async () => {
    const document = createMemoryDocument();
    const { counting } = counted(document);
    counting.note(placed, 200, 1);
    await counting.flushNow(1_000);
    expect((await document.read()).revision).toBe(1);
    await expect(counted(broken).counting.flushNow(1_000)).resolves.toBeUndefined();
  });

  it.each([
    ['whose answer was lost', () => Promise.reject(new Error('lost'))],
    ['which was ended before there was an answer', () => new Promise<never>(() => {})],
  ])('that were brought by a request %s count once', async (_, answer) => {
    const whole = createMemoryDocument();
    let isLost = true;
    const document: SharedDocument = {
      read: () => whole.read(),
      async write(text, onRevision) {
        const written = await whole.write(text, onRevision);
        return isLost ? answer() : written;
      },
    };
    const { counting } = counted(document);
    counting.note(placed, 200, 1);
    const asking = counting.total(1_000).catch(() => null);
    await vi.waitFor(async () => expect((await whole.read()).revision).toBe(1));
    void asking;
    isLost = false;
    counting.note(placed, 200, 1);
    const { tally } = await counting.total(2_000);
    expect(tally.counts.get('placements|app|eu|pinned')).toBe(2);
    expect((await counting.total(3_000)).tally.counts.get('placements|app|eu|pinned')).toBe(2);
  });

  it('nothing is written when nothing happened', async () => {
    const document = createMemoryDocument();
    await counted(document).counting.total(1);
    expect((await document.read()).revision).toBe(0);
  });

  it('an authority that is out of order costs no count, and is told of once', async () => {
    let isBroken = true;
    const whole = createMemoryDocument();
    const document: SharedDocument = {
      read: () => (isBroken ? broken : whole).read(),
      write: (text, onRevision) => whole.write(text, onRevision),
    };
    const { counting, lines, due } = counted(document, 'lambda');
    counting.note(placed, 200, 1);
    await due(0);
    await due(60_000);
    await due(120_000);
    expect(lines).toMatchObject([{ event: 'counts-kept-back', reason: 'out of order' }]);
    await expect(counting.total(121_000)).rejects.toThrow('out of order');
    isBroken = false;
    expect((await counting.total(121_500)).tally.counts.get('placements|app|eu|pinned')).toBe(1);
    counting.note(placed, 200, 1);
    expect((await counting.total(122_000)).tally.counts.get('placements|app|eu|pinned')).toBe(2);
  });

  it('without an authority are those of the process', async () => {
    const { counting, due } = counted(null);
    counting.note(placed, 200, 1);
    expect(await due(99_000)).toBe(0);
    counting.note(placed, 200, 1);
    await counting.total(1);
    const { tally, of } = await counting.total(2);
    expect([of, tally.counts.get('placements|app|eu|pinned')]).toEqual(['process', 2]);
  });
});
