/** Two gateways over one store, whose clocks differ as much as they may. */
import { afterEach, describe, expect, test } from 'vitest';
import { createDynamoDbStore } from '../../../lambda/dynamodb/dynamodb-parts.ts';
import { createMemoryStore } from '../../../shared/session/store/memory-store.ts';
import type { Store } from '../../../shared/session/store/store.ts';
import type { Strategy } from '../../../shared/session/strategy/strategy.ts';
import { createClock } from '../../support/clock.ts';
import { openDynalite } from '../../support/dynamodb.ts';
import {
  beginningOf,
  minuteMs,
  sessionSettings,
  someClient,
  someKeys,
  storedStrategy,
  tokenStrategy,
} from '../../support/session-parts.ts';

type Opened = { readonly store: Store; close(): Promise<void> };
const stores: readonly (readonly ['memory' | 'dynamodb', () => Promise<Opened>])[] = [
  ['memory', async () => ({ store: createMemoryStore(), close: async () => {} })],
  [
    'dynamodb',
    async () => {
      const { table, client, close } = await openDynalite();
      return { store: createDynamoDbStore({ table, client }), close };
    },
  ],
];

let close: () => Promise<void> = async () => {};
afterEach(() => close());

describe.each(stores)('with clocks that are a minute apart, in %s', (kind, open) => {
  describe.each(['stored', 'token'] as const)('%s sessions', (strategy) => {
    async function gateways() {
      const opened = await open();
      close = opened.close;
      const keys = someKeys();
      const settings = sessionSettings({ store: kind, strategy });
      const create = strategy === 'stored' ? storedStrategy : tokenStrategy;
      const at = createClock();
      /** A gateway each, which remember nothing of one another. */
      const door = (aheadMs: number) => {
        const gateway = (): Strategy => create(opened.store, keys, settings);
        const now = () => at.now() + aheadMs;
        return {
          now,
          gateway: gateway(),
          begin: async (subject: string) => {
            const begun = await gateway().begin(beginningOf(now(), { subject }));
            if (begun.kind !== 'begun') throw new Error(begun.kind);
            return begun;
          },
          look: async (value: string, freshnessMs = 0, who = gateway()) =>
            (
              await who.authenticate(value, {
                ...{ now: now(), freshnessMs, touch: true, safeMethod: true, client: () => someClient },
              })
            ).kind,
        };
      };
      return { slow: door(0), fast: door(minuteMs), at };
    }

    test('an end at the slow door reaches what began at the fast one', async () => {
      const { slow, fast } = await gateways();
      for (const [subject, end] of [
        ['ada', () => slow.gateway.endSubject?.('ada', slow.now())],
        ['grace', () => slow.gateway.endEveryone?.(slow.now())],
      ] as const) {
        const { value } = await fast.begin(subject);
        expect(await slow.look(value)).toBe('active');
        await end();
        for (const door of [slow, fast]) expect([subject, await door.look(value)]).toEqual([subject, 'rejected']);
      }
    });

    test('who signs in at the slow door right after an end at the fast one stays signed in', async () => {
      const { slow, fast } = await gateways();
      for (const [subject, end] of [
        ['ada', () => fast.gateway.endSubject?.('ada', fast.now())],
        ['grace', () => fast.gateway.endEveryone?.(fast.now())],
      ] as const) {
        const before = await slow.begin(subject);
        await end();
        const after = await slow.begin(subject);
        for (const door of [slow, fast]) {
          expect([subject, await door.look(before.value)]).toEqual([subject, 'rejected']);
          expect([subject, await door.look(after.value)]).toEqual([subject, 'active']);
        }
      }
    });

    test('who signs in again after an end at the same door stays signed in, and is ended by the next one', async () => {
      const { slow, fast } = await gateways();
      for (const door of [fast, slow]) {
        await door.gateway.endSubject?.('ada', door.now());
        const begun = await door.gateway.begin(beginningOf(door.now(), { subject: 'ada' }));
        if (begun.kind !== 'begun') throw new Error(begun.kind);
        expect(await door.look(begun.value, 0, door.gateway)).toBe('active');
        await slow.gateway.endSubject?.('ada', slow.now());
        expect(await fast.look(begun.value)).toBe('rejected');
      }
    });

    test('all others are ended, whichever clock stamped them, and this one goes on', async () => {
      const { slow, fast } = await gateways();
      const [mine, other] = [await slow.begin('ada'), await fast.begin('ada')];
      const next = await slow.gateway.endOthers?.(mine.session, mine.value, slow.now());
      if (next?.kind !== 'changed') throw new Error(next?.kind);
      for (const door of [slow, fast]) {
        expect(await door.look(other.value)).toBe('rejected');
        expect(await door.look(next.value as string)).toBe('active');
      }
    });

    test('a sign-out at the slow door is known at once where a cookie of the fast one must be fresh', async () => {
      const { slow, fast } = await gateways();
      const { value, session } = await fast.begin('ada');
      await slow.gateway.end(session.sessionId, 'logout', slow.now());
      expect(await slow.look(value, 0)).toBe('rejected');
      // A copy that is stamped in the future is always checked.
      expect(await slow.look(value, 2 * minuteMs)).toBe('rejected');
    });
  });
});
