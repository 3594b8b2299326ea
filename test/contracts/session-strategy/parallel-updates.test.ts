import { afterAll, describe, expect, test } from 'vitest';
import { createDynamoDbStore } from '../../../lambda/dynamodb/dynamodb-parts.ts';
import { createMemoryStore } from '../../../shared/session/store/memory-store.ts';
import type { Store } from '../../../shared/session/store/store.ts';
import type { Strategy } from '../../../shared/session/strategy/strategy.ts';
import { createDurableObjectStore } from '../../../worker/durable-objects/durable-object-store.ts';
import { createKvStore } from '../../../worker/kv/kv-store.ts';
import { openDynalite } from '../../support/dynamodb.ts';
import { createKvWorld } from '../../support/kv-world.ts';
import { openObjects } from '../../support/session-objects.ts';
import { beginningOf, sessionSettings, someKeys, storedStrategy } from '../../support/session-parts.ts';

const writers = 50;
const now = Date.UTC(2026, 0, 1, 12);
const close: (() => Promise<void>)[] = [];
afterAll(() => Promise.all(close.map((one) => one())));

interface Place {
  readonly storeOf: () => Promise<Store>;
  readonly kind: 'memory' | 'kv' | 'dynamodb' | 'durable-object';
  /** Without compare-and-set only the writers of one isolate can be told apart. */
  readonly isolates: readonly number[];
}

const places: readonly Place[] = [
  { kind: 'memory', isolates: [1, writers], storeOf: async () => createMemoryStore() },
  {
    kind: 'kv',
    isolates: [1],
    storeOf: async () => createKvStore(createKvWorld().at('here').namespace),
  },
  {
    kind: 'dynamodb',
    isolates: [1, 10],
    async storeOf() {
      const opened = await openDynalite();
      close.push(opened.close);
      return createDynamoDbStore(opened);
    },
  },
  {
    kind: 'durable-object',
    isolates: [1, 4],
    async storeOf() {
      const opened = await openObjects();
      close.push(opened.close);
      return createDurableObjectStore(opened.bindings);
    },
  },
];

describe.each(places)('fifty updates of one session at once ($kind)', ({ kind, isolates, storeOf }) => {
  test.each(isolates)('are all kept, in %i isolates, and none is a conflict', async (count) => {
    const [store, keys] = [await storeOf(), someKeys()];
    const gateways = Array.from({ length: count }, () => storedStrategy(store, keys, sessionSettings({ store: kind })));
    const gateway = (i: number) => gateways[i % count] as Strategy;
    const begun = await gateway(0).begin(beginningOf(now, { data: {} }));
    if (begun.kind !== 'begun') throw new Error(begun.kind);
    const { session, value } = begun;

    const outcomes = await Promise.all(
      Array.from({ length: writers }, (_, i) => gateway(i).update(session, value, { [`key${i}`]: i }, null, now)),
    );
    expect(new Set(outcomes.map((outcome) => outcome.kind))).toEqual(new Set(['changed']));
    const found = await gateway(0).records?.find(session.sessionId, now);
    expect(Object.keys(found?.data ?? {})).toHaveLength(writers);
  });

  test('are one change and otherwise conflicts when each names the version it saw', async () => {
    const gateway = storedStrategy(await storeOf(), someKeys(), sessionSettings({ store: kind }));
    const begun = await gateway.begin(beginningOf(now, { data: {} }));
    if (begun.kind !== 'begun') throw new Error(begun.kind);
    const { session, value } = begun;
    const outcomes = await Promise.all(
      Array.from({ length: 5 }, (_, i) => gateway.update(session, value, { key: i }, session.version, now)),
    );
    expect(outcomes.map(({ kind: one }) => one).toSorted()).toEqual([
      'changed',
      'conflict',
      'conflict',
      'conflict',
      'conflict',
    ]);
  });
});
