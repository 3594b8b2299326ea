import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../../../shared/session/store/memory-store.ts';
import type { SessionWatch } from '../../../../shared/session/strategy/authentication.ts';
import { createBrokenStore } from '../../../support/broken-store.ts';
import { createClock } from '../../../support/clock.ts';
import { beginningOf, hourMs, someKeys, tokenStrategy } from '../../../support/session-parts.ts';

const clock = createClock();

async function watching(store: Parameters<typeof tokenStrategy>[0]): Promise<SessionWatch> {
  const strategy = tokenStrategy(store, someKeys());
  const begun = await strategy.begin(beginningOf(clock.now()));
  if (begun.kind !== 'begun') throw new Error(begun.kind);
  return (await strategy.watch(begun.value)) as SessionWatch;
}

describe('a token that is watched', () => {
  it('is good beyond its own exp, and to its absolute end without a store', async () => {
    const watch = await watching(null);
    expect((await watch.look(clock.now() + 12 * hourMs - 1)).kind).toBe('live');
    expect(await watch.look(clock.now() + 12 * hourMs)).toEqual({ kind: 'ended', reason: 'expired' });
  });

  it('is held against the deny list at every look, and not over because that is out of order', async () => {
    const broken = createBrokenStore(createMemoryStore());
    const watch = await watching(broken.store);
    const before = broken.calls.load;
    expect((await watch.look(clock.now())).kind).toBe('live');
    expect((await watch.look(clock.now())).kind).toBe('live');
    expect(broken.calls.load - before).toBe(2);
    broken.fail();
    expect(await watch.look(clock.now())).toEqual({ kind: 'unknown', because: expect.stringContaining('order') });
  });
});
