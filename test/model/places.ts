/** Where the sessions of a model are kept, with every step that others could see cut out and made to wait. */

import { createStoreOnItems } from '../../shared/dynamodb/dynamodb-store.ts';
import type { Attributes, ItemKey, Items } from '../../shared/dynamodb/items.ts';
import type { Store } from '../../shared/session/store/store.ts';
import type { Baton } from './baton.ts';
import { type Carelessness, createReplicatedItems } from './replicated-items.ts';

export interface Place {
  readonly regions: readonly string[];
  /** As one gateway has it: each of its steps waits for its turn. */
  storeOf(actor: string, region: string, baton: Baton): Store;
  /** As it is at this moment, without waiting. */
  look(region: string): Store;
  onTheirWay(): readonly string[];
  deliver(name: string): void;
  state(): Promise<string>;
}

const here = 'here';
/** Of everyone's not-before time. Every order of their writes is walked, and one copy shows as much as many. */
const copies = 1;

/** A store whose calls are steps: what it decides, it decides at once. */
export function inOneStore(createStore: () => Store): Place {
  const store = createStore();
  const sessionIds = new Set<string>();
  const subjects = new Set<string>();
  return {
    regions: [here],
    storeOf(actor, _, baton) {
      const call =
        <A extends unknown[], R>(name: string, make: (...args: A) => Promise<R>) =>
        (...args: A): Promise<R> =>
          baton.step(actor, name, () => make(...args));
      return {
        create: call('create', (record, now) => {
          sessionIds.add(record.sessionId);
          if (record.subjectKey !== null) subjects.add(record.subjectKey);
          return store.create(record, now);
        }),
        load: call('load', (...args) => store.load(...args)),
        loadAll: call('load all', (...args) => store.loadAll(...args)),
        touch: call('touch', (...args) => store.touch(...args)),
        save: call('save', (...args) => store.save(...args)),
        revoke: call('revoke', (...args) => store.revoke(...args)),
        revokeSubject: call('revoke subject', (...args) => store.revokeSubject(...args)),
        revokeEveryone: call('revoke everyone', (...args) => store.revokeEveryone(...args)),
        loadSessionIndex: call('read roster', (...args) => store.loadSessionIndex(...args)),
        saveSessionIndex: call('write roster', (...args) => store.saveSessionIndex(...args)),
        claimOnce: call('once', (...args) => store.claimOnce(...args)),
        readOnce: call('taken', (...args) => store.readOnce(...args)),
        check: call('check', (...args) => store.check(...args)),
        sweep: call('sweep', (...args) => store.sweep(...args)),
      };
    },
    look: () => ({
      ...store,
      create(record, now) {
        sessionIds.add(record.sessionId);
        if (record.subjectKey !== null) subjects.add(record.subjectKey);
        return store.create(record, now);
      },
    }),
    onTheirWay: () => [],
    deliver: () => {},
    async state() {
      const records = await Promise.all([...sessionIds].sort().map((sessionId) => store.load({ sessionId }, 0)));
      const rosters = await Promise.all([...subjects].sort().map((subject) => store.loadSessionIndex(subject, 0)));
      return JSON.stringify([records, rosters]);
    },
  };
}

/** The DynamoDB store's own logic on a model of its table: each call of the table is a step. */
export function inDynamoDb(regions: readonly string[] = [here], careless?: Carelessness): Place {
  const table = createReplicatedItems(regions, careless);
  return {
    regions,
    storeOf: (actor, region, baton) => createStoreOnItems(oneByOne(table.in(region), actor, baton), copies),
    look: (region) => createStoreOnItems(table.in(region), copies),
    onTheirWay: table.onTheirWay,
    deliver: table.deliver,
    state: async () => table.state(),
  };
}

const isNoteOn = (SK: string, key: ItemKey, attributes: Attributes): boolean =>
  key.SK === SK && 'revokedAt' in attributes;

/**
 * Of the two notes that a session has ended, the one on its activity is written in the step of the one on its record. Both only
 * make later writes fail, and as a step of its own it would make the walks ten times as long.
 */
function oneByOne(items: Items, actor: string, baton: Baton): Items {
  const notes: (() => Promise<void>)[] = [];
  return {
    read: (keys) => baton.step(actor, `read ${keys.map(nameOf).join(', ')}`, () => items.read(keys)),
    list: (partition) => baton.step(actor, `list ${partition}`, () => items.list(partition)),
    put: (key, ...rest) => baton.step(actor, `put ${nameOf(key)}`, () => items.put(key, ...rest)),
    update(key, attributes, ...rest) {
      const update = () => items.update(key, attributes, ...rest);
      if (isNoteOn('T', key, attributes)) {
        return new Promise((resolve) => notes.push(async () => resolve(await update())));
      }
      return baton.step(actor, `update ${nameOf(key)}`, async () => {
        const held = await update();
        if (isNoteOn('A', key, attributes)) for (const note of notes.splice(0)) await note();
        return held;
      });
    },
  };
}

/** As `docs/storage.md` calls the items. */
const itemNames: Readonly<Record<string, string>> = {
  FA: 'session',
  FR: 'marker',
  FT: 'activity',
  UA: 'subject',
  UL: 'roster',
  EA: 'everyone',
  GE: 'everyone, for earlier versions',
};
const nameOf = ({ PK, SK }: ItemKey): string => itemNames[`${PK[0]}${SK}`] ?? `${PK} ${SK}`;
