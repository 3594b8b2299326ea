import { expect, it } from 'vitest';
import { createMacRing, keyByTag } from '../../../shared/crypto/key-ring.ts';
import { sessionKey } from '../../support/session-parts.ts';

it('a key is found by its tag, and is stale unless it is the first', async () => {
  const keys = await createMacRing([sessionKey('one'), sessionKey('two')]).keys();
  const [one, two] = keys as [(typeof keys)[number], (typeof keys)[number]];
  expect(keyByTag(keys, one.tag)).toEqual({ entry: one, stale: false });
  expect(keyByTag(keys, two.tag)).toEqual({ entry: two, stale: true });
  expect(keyByTag(keys, new Uint8Array(4))).toBeNull();
  expect(keyByTag(keys, one.tag.slice(0, 3))).toBeNull();
});

it('a tag comes from the name alone, so that every isolate has the same', async () => {
  const tagOf = async () => (await createMacRing([sessionKey('one')]).keys())[0]?.tag;
  expect(await tagOf()).toEqual(await tagOf());
});

it('keys are imported once and cannot be taken out again', async () => {
  const ring = createMacRing([sessionKey('one')]);
  const keys = await ring.keys();
  expect(await ring.keys()).toBe(keys);
  expect(keys[0]?.key.extractable).toBe(false);
});
