import { afterAll, describe, expect, test } from 'vitest';
import { createMemoryStore } from '../../shared/session/store/memory-store.ts';
import { sessionSettings, tokenStrategy } from '../support/session-parts.ts';
import * as does from './actors.ts';
import { inDynamoDb, inOneStore, type Place } from './places.ts';
import type { Actor, Scenario } from './sessions-model.ts';
import { busySettings, standStill, walkThrough } from './walked.ts';

standStill();

let walkedOrders = 0;
let walkedStates = 0;
afterAll(() => {
  console.log(`walked ${walkedOrders.toLocaleString('en')} interleavings through ${walkedStates} states`);
});

async function expectSound(scenario: Parameters<typeof walkThrough>[0], atLeast: number): Promise<void> {
  const walked = await walkThrough(scenario);
  expect(walked).toMatchObject({ kind: 'sound' });
  if (walked.kind !== 'sound') return;
  walkedOrders += walked.interleavings;
  walkedStates += walked.states;
  // A walk that lost its actors would find nothing and be short.
  expect(walked.interleavings).toBeGreaterThan(atLeast);
}

const late = (after: string): Actor => ({ act: does.comeLate, after });
const inMemory = (): Place => inOneStore(createMemoryStore);

const places: readonly (readonly [name: string, place: () => Place])[] = [
  ['in memory', inMemory],
  ['in DynamoDB', () => inDynamoDb()],
];

describe.each(places)('%s, a session that was ended stays ended', (_, place) => {
  const stories: readonly (readonly [string, Scenario['actors'], number])[] = [
    [
      'while it is visited, and its secret is rotated, both ways',
      { visit: does.visit, rotate: does.rotate, logout: does.logout, late: late('logout') },
      // A visit that is also noted as activity is a single call of the store.
      250,
    ],
    [
      'while its data is saved by its client and by a service',
      { save: does.save, service: does.saveByService, logout: does.logout, late: late('logout') },
      100,
    ],
    [
      'while its subject is signed out everywhere and signs in again',
      {
        login: { act: does.login, later: 1 },
        visit: does.visit,
        everywhere: does.logoutEverywhere,
        late: late('everywhere'),
      },
      1_000,
    ],
    [
      'while everyone is signed out',
      { login: does.login, save: does.save, everyone: does.endEveryone, late: late('everyone') },
      500,
    ],
    [
      'while it ends all others, and goes on under another name',
      { others: does.endOthers, service: does.saveByService, logout: does.logout },
      100,
    ],
    [
      'while it goes on under another name, and signs in again',
      { others: does.endOthers, login: { act: does.login, later: 1 }, late: late('login') },
      100,
    ],
    [
      'while a new login pushes it over the limit',
      { login: { act: does.login, later: 1 }, touch: does.touch, service: does.saveByService },
      100,
    ],
  ];
  test.each(stories)('%s', async (title, actors, atLeast) => {
    const settings = title.includes('limit')
      ? { ...busySettings, limit: { perSubject: 1, onLimit: 'evict-oldest' as const } }
      : busySettings;
    await expectSound({ place, actors, settings }, atLeast);
  });
});

test('in memory, it stays ended while two visit it, too', async () => {
  const actors = {
    visit: does.visit,
    touch: does.touch,
    rotate: does.rotate,
    logout: does.logout,
    late: late('logout'),
  };
  await expectSound({ place: inMemory, actors, settings: busySettings }, 1_000);
});

describe('nobody is signed out by a race', () => {
  test('of three tabs of one browser, whose secret is rotated in the middle', async () => {
    const actors = { tab: does.tab, 'other tab': does.tab, 'third tab': does.glance };
    await expectSound({ place: inMemory, promise: 'nobody-is-lost', actors }, 10_000);
  });
  test('of a busy tab and two that were opened before the rotation and loaded after it', async () => {
    const actors = { busy: does.busyTab, slow: does.glance, slower: does.glance };
    await expectSound({ place: inMemory, promise: 'nobody-is-lost', actors }, 10_000);
  });
  test('that clicks twice on signing out everywhere else', async () => {
    const actors = { click: does.tabThatEndsOthers, 'second click': does.tabThatEndsOthers };
    await expectSound({ place: inMemory, promise: 'nobody-is-lost', actors }, 1_000);
  });
  test('of two tabs, in DynamoDB', async () => {
    const actors = { tab: does.tab, 'other tab': does.tab };
    await expectSound({ place: () => inDynamoDb(), promise: 'nobody-is-lost', actors }, 1_000);
  });
});

describe('in DynamoDB with two regions, once every write has arrived', () => {
  const place = (): Place => inDynamoDb(['eu', 'us']);
  const inUs = (act: Actor['act'], later = 0): Actor => ({ act, region: 'us', later });
  const stories: readonly (readonly [string, Scenario['actors'], number])[] = [
    ['a logout in one holds against visits in the other', { visit: inUs(does.visit), logout: does.logout }, 1_000],
    ['a logout in one holds against saves in the other', { save: inUs(does.save), logout: does.logout }, 1_000],
    [
      'a logout in one holds against a rotation in the other',
      { rotate: inUs(does.rotateAcross), logout: does.logout },
      500,
    ],
    [
      'a subject signed out everywhere in one is so in the other, but for who signs in later',
      { login: inUs(does.loginElsewhere, 1), everywhere: does.logoutEverywhere },
      1_000,
    ],
    ['everyone is signed out', { touch: inUs(does.touch), everyone: does.endEveryone }, 5],
  ];
  test.each(stories)('%s', (_, actors, atLeast) => expectSound({ place, actors }, atLeast));
});

test('tokens with a store: a session that was ended stays ended for whoever asks', async () => {
  const settings = sessionSettings({ strategy: 'token', store: 'durable-object' });
  const actors = {
    visit: does.visit,
    save: does.save,
    everywhere: does.logoutEverywhere,
    login: { act: does.login, later: 1_000 },
    late: late('everywhere'),
  };
  await expectSound({ place: inMemory, actors, settings, strategy: tokenStrategy }, 100);
});
