import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type SocketClose, watchSocket } from '../../../../shared/proxy/sockets/watch.ts';
import type { Session } from '../../../../shared/session/session.ts';
import type { WatchResult } from '../../../../shared/session/strategy/authentication.ts';
import { hourMs } from '../../../support/session-parts.ts';

const everyMs = 30_000;
const start = Date.UTC(2026, 0, 1);
const live: WatchResult = { kind: 'live', session: {} as Session };
const unknown: WatchResult = { kind: 'unknown', because: 'Error: the store is out of order' };

let standing: WatchResult;
let looks: number;
let isOverHere: boolean;
let mayStay: boolean;
let ends: SocketClose[];
beforeEach(() => {
  vi.useFakeTimers({ now: start });
  standing = live;
  looks = 0;
  isOverHere = false;
  mayStay = true;
  ends = [];
});
afterEach(() => void vi.useRealTimers());

const open = (more: Partial<Parameters<typeof watchSocket>[0]> = {}) =>
  watchSocket({
    watch: {
      isOverHere: () => isOverHere,
      look: async () => {
        looks++;
        return standing;
      },
    },
    mayStay: () => mayStay,
    endsAt: start + 12 * hourMs,
    everyMs,
    now: Date.now,
    close: (end) => void ends.push(end),
    ...more,
  });
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const ended = { code: 4401, reason: 'session_rejected', because: 'revoked' };

describe('an open socket', () => {
  it('is looked at once per interval, and left alone while its session lives', async () => {
    open();
    await pass(everyMs - 1);
    expect(looks).toBe(0);
    await pass(1 + 9 * everyMs);
    expect([looks, ends]).toEqual([10, []]);
  });

  it('is closed with the first look after the end of its session, and not looked at again', async () => {
    const socket = open();
    await pass(everyMs);
    standing = { kind: 'ended', reason: 'revoked' };
    await pass(everyMs - 1);
    expect(ends).toEqual([]);
    await pass(1);
    expect([ends, socket.mayPass()]).toEqual([[ended], false]);
    await pass(10 * everyMs);
    expect([looks, ends.length, vi.getTimerCount()]).toEqual([2, 1, 0]);
  });

  it('is closed by the next message when this isolate itself knows of the end', () => {
    const socket = open();
    expect(socket.mayPass()).toBe(true);
    isOverHere = true;
    expect([socket.mayPass(), socket.mayPass(), ends]).toEqual([false, false, [ended]]);
    expect([looks, vi.getTimerCount()]).toEqual([0, 0]);
  });

  it('is closed when the route asks for more than the session has by now', async () => {
    open();
    mayStay = false;
    await pass(everyMs);
    expect(ends).toMatchObject([{ code: 4401, reason: 'reauthentication_required' }]);
  });

  it('is looked at when its session reaches its absolute end, however long the interval', async () => {
    open({ endsAt: start + 7_000, everyMs: 400 * 24 * hourMs });
    standing = { kind: 'ended', reason: 'expired' };
    await pass(7_000);
    expect(ends).toMatchObject([{ code: 4401, because: 'expired' }]);
  });

  it('is not looked at without pause when the interval is longer than a timer can be', async () => {
    open({ endsAt: start + 500 * 24 * hourMs, everyMs: 400 * 24 * hourMs });
    await pass(24 * hourMs);
    expect(looks).toBe(0);
  });

  it('outlives a store that fails for a moment', async () => {
    open();
    standing = unknown;
    await pass(everyMs + 5_000);
    expect(looks).toBe(2);
    standing = live;
    await pass(5_000);
    standing = unknown;
    await pass(everyMs + 5_000);
    expect([looks, ends]).toEqual([5, []]);
  });

  it('is closed, as one to be tried again later, when the store goes on failing', async () => {
    open();
    standing = unknown;
    await pass(everyMs + 10_000);
    expect(ends).toEqual([{ code: 1013, reason: 'store_unavailable', because: unknown.because }]);
  });

  it('is not watched any more when it is gone, not even by a look that is under way', async () => {
    let answer: (standing: WatchResult) => void = () => {};
    const slow = { isOverHere: () => false, look: () => new Promise<WatchResult>((resolve) => (answer = resolve)) };
    const socket = open({ watch: slow });
    await pass(everyMs);
    socket.stop();
    answer({ kind: 'ended', reason: 'revoked' });
    await pass(10 * everyMs);
    expect([ends, vi.getTimerCount()]).toEqual([[], 0]);
  });
});
