import { expect, it } from 'vitest';
import { createMacRing } from '../../../../../shared/crypto/key-ring.ts';
import { createSnapshots, type Snapshot } from '../../../../../shared/session/stored/cookie/snapshot.ts';
import { sessionKey, someClient } from '../../../../support/session-parts.ts';

const [first, second] = [sessionKey('one'), sessionKey('two')];
const snapshots = createSnapshots(createMacRing([first, second]));
const snapshot: Snapshot = {
  subject: 'ada é',
  claims: { role: ['admin'] },
  shownData: { cart: 1 },
  acr: null,
  amr: ['pwd'],
  createdAt: 1,
  authenticatedAt: 2,
  lastSeenAt: 3,
  endsAt: 4,
  version: 5,
  recordVersion: 6,
  generation: 7,
  rotatedAt: 8,
  pending: true,
  successorKey: 'abc',
  atLogin: someClient,
  checkedAt: 9,
};

it('what was signed for a locator and a secret is read with both, whole', async () => {
  const text = await snapshots.sign(snapshot, 'family', 'secret');
  expect(await snapshots.open(text, 'family', 'secret')).toEqual({ snapshot, stale: false });
});

it('a snapshot is worth nothing in another cookie', async () => {
  const text = await snapshots.sign(snapshot, 'family', 'secret');
  expect(await snapshots.open(text, 'family', 'other')).toBeNull();
  expect(await snapshots.open(text, 'other', 'secret')).toBeNull();
  expect(await snapshots.open(text, 'family|s', 'ecret')).toBeNull();
});

it('one changed letter anywhere and it is not ours', async () => {
  const text = await snapshots.sign(snapshot, 'family', 'secret');
  for (let at = 0; at < text.length; at += 3) {
    const other = text[at] === 'A' ? 'B' : 'A';
    expect(await snapshots.open(text.slice(0, at) + other + text.slice(at + 1), 'family', 'secret')).toBeNull();
  }
  for (const other of ['', 'x', text.slice(0, 40), `${text}=`]) {
    expect(await snapshots.open(other, 'family', 'secret')).toBeNull();
  }
});

it('an old key still verifies and says that it is old', async () => {
  const text = await createSnapshots(createMacRing([second])).sign(snapshot, 'family', 'secret');
  expect(await snapshots.open(text, 'family', 'secret')).toMatchObject({ stale: true });
  expect(await createSnapshots(createMacRing([first])).open(text, 'family', 'secret')).toBeNull();
});
