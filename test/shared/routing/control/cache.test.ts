import { describe, expect, it } from 'vitest';
import type { Door, Platform } from '../../../../shared/platform.ts';
import { createControlCache } from '../../../../shared/routing/control/cache.ts';
import { type Control, writeDocument } from '../../../../shared/routing/control/control.ts';
import { createClock } from '../../../support/clock.ts';
import { createMemoryDocument } from '../../../support/memory-document.ts';
import { eu, poolOf, us } from '../../../support/pools.ts';

const pool = poolOf([eu, us]);

function seen({
  control,
  door = 'worker',
  readsAtOnce = true,
}: {
  control: Control | null;
  door?: Door;
  readsAtOnce?: boolean;
}) {
  const clock = createClock();
  const lines: unknown[] = [];
  const deferred: Promise<unknown>[] = [];
  const platform = { door, now: clock.now, log: (line: unknown) => void lines.push(line) } as unknown as Platform;
  const view = createControlCache({ pools: new Map([['app', pool]]), control, platform, readsAtOnce });
  const look = async () => {
    const { pools } = await view.current(clock.now(), { defer: (work) => void deferred.push(work) });
    return pools.get('app')?.origins[0]?.weight;
  };
  /** As `look`, for a pin that was issued by that revision of the document. */
  const lookFor = async (revision: number) => {
    const { pools } = await view.atLeast(revision, clock.now(), { defer: (work) => void deferred.push(work) });
    return pools.get('app')?.origins[0]?.weight;
  };
  return { clock, lines, deferred, view, look, lookFor };
}

/** Counts how often it is read. */
function counted(inner: Control) {
  let reads = 0;
  const read = () => {
    reads++;
    return inner.read();
  };
  return { control: { ...inner, read }, reads: () => reads };
}

const say = async (control: Control, weight: number): Promise<void> => {
  const { revision } = await control.read();
  await control.write(writeDocument({ revision, origins: { 'app/eu': { weight } } }), revision);
};

/** Answers when it is told to. */
function slowControl(inner: Control) {
  let release = () => {};
  let reads = 0;
  const waiting = new Promise<void>((resolve) => {
    release = resolve;
  });
  const read = async () => {
    reads++;
    await waiting;
    return inner.read();
  };
  return { control: { ...inner, read }, release: () => release(), reads: () => reads };
}

describe('what an isolate knows of the control document', () => {
  it('is the document itself from its first request on', async () => {
    const control = createMemoryDocument();
    await say(control, 7);
    expect(await seen({ control }).look()).toBe(7);
  });

  it('is read once in ten seconds while it is busy, and then known at once', async () => {
    const control = createMemoryDocument();
    const { look, clock, deferred } = seen({ control });
    expect(await look()).toBe(1);
    await say(control, 7);
    clock.advance(9_999);
    expect(await look()).toBe(1);
    expect(deferred).toHaveLength(1);
    clock.advance(1);
    expect(await look()).toBe(7);
    expect(deferred).toHaveLength(2);
  });

  it('is looked at first after a pause', async () => {
    const control = createMemoryDocument();
    const { look, clock } = seen({ control });
    await look();
    await say(control, 7);
    clock.advance(10_000);
    expect(await look()).toBe(7);
  });

  it('keeps nobody waiting for longer than a moment, and one request alone for that', async () => {
    const inner = createMemoryDocument();
    await say(inner, 7);
    const slow = slowControl(inner);
    const { look, deferred } = seen({ control: slow.control });
    const startedAt = performance.now();
    expect(await look()).toBe(1);
    expect(performance.now() - startedAt).toBeLessThan(500);
    const again = performance.now();
    expect(await look()).toBe(1);
    expect(performance.now() - again).toBeLessThan(50);
    expect(slow.reads()).toBe(1);
    slow.release();
    await deferred[0];
    expect(await look()).toBe(7);
  });

  it('does not hold a Lambda back for longer either', async () => {
    const slow = slowControl(createMemoryDocument());
    const { look, deferred } = seen({ control: slow.control, door: 'lambda' });
    await look();
    const startedAt = performance.now();
    await deferred[0];
    expect(performance.now() - startedAt).toBeLessThan(500);
    slow.release();
  });

  it('waits for the second request where the first would pay for the client of a database', async () => {
    const control = createMemoryDocument();
    await say(control, 7);
    const { look } = seen({ control, readsAtOnce: false });
    expect(await look()).toBe(1);
    expect(await look()).toBe(7);
  });

  it('stays as it was when the authority is out of order, and says so once', async () => {
    const control = createMemoryDocument();
    await say(control, 7);
    let broken = false;
    const read = async () => {
      if (broken) throw new Error('out of order');
      return control.read();
    };
    const { look, clock, lines } = seen({ control: { ...control, read } });
    expect(await look()).toBe(7);
    broken = true;
    for (let i = 0; i < 3; i++) {
      clock.advance(10_000);
      expect(await look()).toBe(7);
    }
    expect(lines).toMatchObject([{ event: 'control-unreadable' }]);
    broken = false;
    await say(control, 8);
    clock.advance(10_000);
    expect(await look()).toBe(8);
  });

  it('is the file’s without an authority', async () => {
    expect(await seen({ control: null }).look()).toBe(1);
  });

  it('is not overtaken by an older answer', async () => {
    const control = createMemoryDocument();
    const { look, view, clock } = seen({ control });
    view.adopt({ revision: 5, origins: { 'app/eu': { weight: 9 } } }, clock.now());
    view.adopt({ revision: 4, origins: {} }, clock.now());
    expect(await look()).toBe(9);
  });
});

describe('for a pin that was issued by a later document', () => {
  it('it looks first, though it has looked a moment ago', async () => {
    const control = createMemoryDocument();
    const { look, lookFor } = seen({ control });
    expect(await look()).toBe(1);
    await say(control, 7);
    expect(await look()).toBe(1);
    expect(await lookFor(1)).toBe(7);
    expect(await look()).toBe(7);
  });

  it('it knows enough for all pins up to the one it has, and waits for nothing', async () => {
    const { control, reads } = counted(createMemoryDocument());
    await say(control, 7);
    const { look, view, clock } = seen({ control });
    await look();
    const before = reads();
    for (const revision of [0, 1]) {
      expect(view.atLeast(revision, clock.now(), { defer: () => {} })).not.toBeInstanceOf(Promise);
    }
    expect(reads()).toBe(before);
  });

  it('it looks once in five seconds, whoever asks and whatever comes of it', async () => {
    const { control, reads } = counted(createMemoryDocument());
    const { look, lookFor, clock } = seen({ control });
    await look();
    for (let i = 0; i < 50; i++) expect(await lookFor(900)).toBe(1);
    for (let i = 0; i < 50; i++) expect(await lookFor(899 - i)).toBe(1);
    expect(reads()).toBe(2);
    clock.advance(4_999);
    await lookFor(900);
    expect(reads()).toBe(2);
    clock.advance(1);
    await lookFor(900);
    expect(reads()).toBe(3);
  });

  it('it looks again at once for a later one still', async () => {
    const control = createMemoryDocument();
    const { lookFor } = seen({ control });
    await say(control, 7);
    expect(await lookFor(1)).toBe(7);
    await say(control, 8);
    expect(await lookFor(1)).toBe(7);
    expect(await lookFor(2)).toBe(8);
  });

  it('requests that come together are all answered by the one look', async () => {
    const inner = createMemoryDocument();
    await say(inner, 7);
    const slow = slowControl(inner);
    const { lookFor } = seen({ control: slow.control });
    const asked = Array.from({ length: 6 }, () => lookFor(1));
    slow.release();
    expect(await Promise.all(asked)).toEqual(Array(6).fill(7));
    expect(slow.reads()).toBe(1);
  });

  it('it waits for a moment, and then for no pin for a while', async () => {
    const inner = createMemoryDocument();
    await say(inner, 7);
    const slow = slowControl(inner);
    const { lookFor, clock } = seen({ control: slow.control });
    const startedAt = performance.now();
    expect(await Promise.all([lookFor(1), lookFor(1), lookFor(1)])).toEqual([1, 1, 1]);
    expect(performance.now() - startedAt).toBeLessThan(500);
    const again = performance.now();
    expect(await lookFor(2)).toBe(1);
    expect(performance.now() - again).toBeLessThan(50);
    expect(slow.reads()).toBe(1);
    slow.release();
    clock.advance(5_000);
    expect(await lookFor(1)).toBe(7);
  });

  it('it keeps nobody waiting twice in one request', async () => {
    const slow = slowControl(createMemoryDocument());
    const { look, lookFor } = seen({ control: slow.control });
    await look();
    const startedAt = performance.now();
    await lookFor(1);
    expect(performance.now() - startedAt).toBeLessThan(50);
    expect(slow.reads()).toBe(1);
    slow.release();
  });

  it('it looks with the first request too, where the client of a database must be loaded for it', async () => {
    const control = createMemoryDocument();
    await say(control, 7);
    const { look, lookFor } = seen({ control, readsAtOnce: false });
    expect(await look()).toBe(1);
    expect(await lookFor(1)).toBe(7);
  });

  it('there is nothing to look at without an authority', async () => {
    expect(await seen({ control: null }).lookFor(1)).toBe(1);
  });
});
