import { expect, it } from 'vitest';
import { keepBetter, type ReceivedReply } from '../../../shared/proxy/best-reply.ts';
import type { Candidate } from '../../../shared/routing/placement/types.ts';
import { ap, eu, poolOf, us } from '../../support/pools.ts';

const pool = poolOf([eu, us, ap]);
const dropped: string[] = [];
const came = (origin: typeof eu, isAcceptable: boolean): ReceivedReply => ({
  status: isAcceptable ? 200 : 503,
  response: new Response(new ReadableStream({ cancel: () => void dropped.push(origin.id) })),
  by: { pool, origin, branch: null },
  isAcceptable,
});
const home =
  (id: string) =>
  ({ origin }: Candidate): boolean =>
    origin.id === id;
const kept = (replies: readonly ReceivedReply[], homeId: string): string | undefined => {
  dropped.length = 0;
  let held: ReceivedReply | null = null;
  for (const reply of replies) held = keepBetter(held, reply, home(homeId));
  return held?.by.origin.id;
};

it('a better reply is passed, wherever it is from', () => {
  expect(kept([came(eu, false), came(us, true)], 'eu')).toBe('us');
  expect(dropped).toEqual(['eu']);
});

it('without one that of the client’s home is, first or last', () => {
  expect(kept([came(eu, false), came(us, false), came(ap, false)], 'eu')).toBe('eu');
  expect(dropped).toEqual(['us', 'ap']);
  expect(kept([came(us, false), came(ap, false), came(eu, false)], 'eu')).toBe('eu');
  expect(dropped).toEqual(['ap', 'us']);
});

it('and for a client without a home, or whose home said nothing, the first', () => {
  expect(kept([came(us, false), came(ap, false)], 'eu')).toBe('us');
});
