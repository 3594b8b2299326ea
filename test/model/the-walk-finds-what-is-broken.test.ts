import { describe, expect, test } from 'vitest';
import type { Attributes } from '../../shared/dynamodb/items.ts';
import { createMemoryStore } from '../../shared/session/store/memory-store.ts';
import * as does from './actors.ts';
import { type Careless, createCarelessStore } from './careless-store.ts';
import { inDynamoDb, inOneStore } from './places.ts';
import type { Carelessness, Write } from './replicated-items.ts';
import type { Scenario } from './sessions-model.ts';
import { standStill, walkThrough } from './walked.ts';

standStill();

const actors: Scenario['actors'] = { visit: does.visit, save: does.save, logout: does.logout };

async function expectRevival(scenario: Parameters<typeof walkThrough>[0], ...steps: readonly string[]): Promise<void> {
  const walked = await walkThrough(scenario);
  expect(walked).toMatchObject({ kind: 'counterexample', because: expect.stringContaining('recognised') });
  if (walked.kind !== 'counterexample') return;
  // The steps that matter, in their order, among the others.
  let from = 0;
  for (const step of steps) {
    const at = walked.trace.findIndex((taken, i) => i >= from && taken.includes(step));
    expect(at, `${step} after step ${from} of\n${walked.trace.join('\n')}`).toBeGreaterThanOrEqual(0);
    from = at + 1;
  }
}

describe('in one store', () => {
  const place = (careless: Careless) => () => inOneStore(() => createCarelessStore(careless));

  test('a note on the record is enough where every write asks for it', async () => {
    expect(await walkThrough({ place: place({ revocation: 'in-the-record' }), actors })).toMatchObject({
      kind: 'sound',
    });
  });
  test('removal is enough where no write puts anything back', async () => {
    expect(await walkThrough({ place: place({ revocation: 'by-removal' }), actors })).toMatchObject({ kind: 'sound' });
  });
  test('an unconditional save is found to revive', () =>
    expectRevival({ place: place({ revocation: 'by-removal', save: 'always' }), actors }, 'logout', 'save'));
  test('a save that asks for the version alone and takes the note away is found to revive', () =>
    expectRevival({ place: place({ revocation: 'in-the-record', save: 'on-version' }), actors }, 'logout', 'save'));
  test('a touch that puts the record back is found to revive', () =>
    expectRevival(
      { place: place({ revocation: 'by-removal', touch: 'puts-back' }), actors },
      'load',
      'logout',
      'touch',
    ));
});

describe('in DynamoDB', () => {
  const isSession = ({ key }: Write): boolean => key.PK.startsWith('F#') && key.SK === 'A';
  const isMarker = ({ key }: Write): boolean => key.PK.startsWith('F#') && key.SK === 'R';

  const isNoteOn = (SK: string, { key, attributes }: Write): boolean => key.SK === SK && 'revokedAt' in attributes;
  /** A session item written whole from what was known of it, without the note that it was ended. */
  const whole: Carelessness = (write, before) =>
    isSession(write) && 'sealed' in write.attributes && before !== null
      ? {
          ...write,
          kind: 'put',
          attributes: { ...(before as Attributes), revokedAt: null, ...write.attributes },
          values: { ...write.attributes, ...write.values },
          condition: '#version = :seen',
        }
      : write;

  test('a save that writes the item whole revives nothing, for the marker is an item of its own', async () => {
    const walked = await walkThrough({ place: () => inDynamoDb(undefined, whole), actors });
    expect(walked).toMatchObject({ kind: 'sound' });
  });
  test('without the marker and the note on the activity, a save that takes revokedAt away is found to revive', () => {
    const careless: Carelessness = (write, before) =>
      isMarker(write) || isNoteOn('T', write) ? null : whole(write, before);
    return expectRevival({ place: () => inDynamoDb(undefined, careless), actors }, 'logout', 'save');
  });

  const apart: Scenario['actors'] = { touch: { act: does.touch, region: 'us' }, logout: does.logout };
  test('with two regions, a revocation noted on the activity alone is found to be overwritten by a touch', () => {
    const careless = (write: Write): Write | null => (isMarker(write) || isNoteOn('A', write) ? null : write);
    return expectRevival({ place: () => inDynamoDb(['eu', 'us'], careless), actors: apart }, 'touch', 'T to eu');
  });
  test('with two regions, a revocation inside the record outlives a touch in the other', async () => {
    const careless = (write: Write): Write | null => (isMarker(write) ? null : write);
    const walked = await walkThrough({ place: () => inDynamoDb(['eu', 'us'], careless), actors: apart });
    expect(walked).toMatchObject({ kind: 'sound' });
  });

  test('with two regions, the other one does not know of a logout at once: 0s needs a single authority', () =>
    expectRevival({ place: () => inDynamoDb(['eu', 'us']), actors: apart, impatient: true }, 'logout'));

  test('with two regions, a secret that was replaced in one stays so against a touch in the other', async () => {
    const both: Scenario['actors'] = { touch: { act: does.touch, region: 'us' }, rotate: does.rotate };
    const walked = await walkThrough({ place: () => inDynamoDb(['eu', 'us']), actors: both });
    expect(walked).toMatchObject({ kind: 'sound' });
  });

  test('with two regions, a secret that was replaced in one comes back by a save in the other', () => {
    const both: Scenario['actors'] = { save: { act: does.save, region: 'us' }, rotate: does.rotate };
    return expectRevival({ place: () => inDynamoDb(['eu', 'us']), actors: both }, 'rotate', 'save', 'A to eu');
  });

  test('with two regions, of two sign-outs everywhere the one written later stays, though it ends less', () => {
    const twice: Scenario['actors'] = {
      'a late moment': { act: does.endSubject, region: 'us', later: 5 },
      'an early moment': does.endSubject,
      login: { act: does.loginElsewhere, later: 3 },
    };
    return expectRevival({ place: () => inDynamoDb(['eu', 'us']), actors: twice }, 'late', 'early', 'A to us');
  });
});

test('a walk that would lose somebody says who waits', async () => {
  const stuck: Scenario['actors'] = { waits: () => new Promise(() => {}) };
  expect(await walkThrough({ place: () => inDynamoDb(), actors: stuck })).toMatchObject({
    kind: 'counterexample',
    because: 'somebody waits for what never comes',
  });
});

test.each<[string, Omit<Scenario, 'strategy'>]>([
  [
    'a logout among others',
    {
      place: () => inDynamoDb(),
      actors: { visit: does.visit, logout: does.logout, late: { act: does.comeLate, after: 'logout' } },
    },
  ],
  [
    'two tabs',
    {
      place: () => inOneStore(createMemoryStore),
      actors: { tab: does.tab, glance: does.glance },
      promise: 'nobody-is-lost',
    },
  ],
])('nothing is lost by going on once from equal states: %s', async (_, scenario) => {
  const merged = await walkThrough(scenario);
  const unmerged = await walkThrough(scenario, { merge: false });
  expect(merged.kind).toBe('sound');
  expect({ ...unmerged, states: 0 }).toEqual({ ...merged, states: 0 });
});
