import { describe, expect, it } from 'vitest';
import { createSealer, type Sealer } from '../../../../shared/crypto/seal.ts';
import { type Pin, withPoolLifetime } from '../../../../shared/routing/pins/pin.ts';
import { createPins } from '../../../../shared/routing/pins/sealed-pins.ts';
import { noon } from '../../../support/pools.ts';

const keyOf = (kid: string, letter: string) => ({
  kid,
  alg: 'A256GCM' as const,
  jwk: { kty: 'oct', k: `${letter.repeat(42)}A` },
});
const sealer = createSealer([keyOf('one', 'a')]);
const pins = () => createPins(sealer);

const pin: Pin = {
  pool: 'app',
  branch: 'app',
  origin: 'eu',
  epoch: 3,
  issuedAt: noon,
  idleEndsAt: noon + 1_000,
  absoluteEndsAt: noon + 5_000,
  revision: 'r1',
  controlRevision: 7,
};
const forged = { kind: 'forged' };

/** Counts how often anything is decrypted. */
function counting(inner: Sealer): Sealer & { opened: number } {
  const counter = {
    opened: 0,
    seal: inner.seal,
    open: (sealed: string, boundTo: string) => {
      counter.opened++;
      return inner.open(sealed, boundTo);
    },
  };
  return counter;
}

describe('a pin', () => {
  it.each([null, 'family-1'])('comes back as it was under family %s', async (sessionId) => {
    const text = await pins().seal(pin, sessionId);
    expect(await pins().open(text, sessionId, noon)).toEqual({ kind: 'valid', pin, stale: false });
  });

  it('may have no idle end and no side of a split', async () => {
    const plain: Pin = { ...pin, idleEndsAt: null, branch: null };
    const text = await pins().seal(plain, null);
    expect(await pins().open(text, null, noon)).toEqual({ kind: 'valid', pin: plain, stale: false });
  });

  it('of the form before is read as one that no control document has touched, and goes on as a new one', async () => {
    const before = [1, 'app', 'app', 'eu', 3, noon, null, noon + 5_000, 'r1'];
    const reading = await pins().open(await sealer.seal(JSON.stringify(before), 'pin|'), null, noon);
    const known: Pin = { ...pin, idleEndsAt: null, controlRevision: 0 };
    expect(reading).toEqual({ kind: 'valid', pin: known, stale: false });
    const rewritten = await sealer.open(await pins().seal(known, null), 'pin|');
    expect(JSON.parse(rewritten?.text as string)).toEqual([2, ...before.slice(1), 0]);
  });

  it('is void under another session, with one and without one', async () => {
    const [bound, unbound] = [await pins().seal(pin, 'family-1'), await pins().seal(pin, null)];
    expect(await pins().open(bound, 'family-2', noon)).toEqual(forged);
    expect(await pins().open(bound, null, noon)).toEqual(forged);
    expect(await pins().open(unbound, 'family-1', noon)).toEqual(forged);
  });

  it('stays void under another session when the isolate remembers it', async () => {
    const ours = pins();
    const text = await ours.seal(pin, 'family-1');
    await ours.open(text, 'family-1', noon);
    expect(await ours.open(text, 'family-2', noon)).toEqual(forged);
    expect(await ours.open(`${text}|family-1`, null, noon)).toEqual(forged);
  });

  it('is forged when any character is changed, added or missing', async () => {
    const text = await pins().seal(pin, null);
    for (const at of [0, 6, 20, 40, text.length - 20, text.length - 1]) {
      const other = text[at] === 'A' ? 'B' : 'A';
      expect(await pins().open(text.slice(0, at) + other + text.slice(at + 1), null, noon), `at ${at}`).toEqual(forged);
    }
    for (const wrong of [`${text}A`, `${text}=`, ` ${text}`, `${text}\n`, text.slice(1), '', 'A'.repeat(43)]) {
      expect(await pins().open(wrong, null, noon)).toEqual(forged);
    }
  });

  it('that is over-long or no base64url is forged before anything is decrypted', async () => {
    const counter = counting(sealer);
    for (const text of [
      'A'.repeat(769),
      'A'.repeat(1_000_000),
      'A'.repeat(42),
      `${'A'.repeat(50)}+`,
      `é${'A'.repeat(50)}`,
    ])
      expect(await createPins(counter).open(text, null, noon)).toEqual(forged);
    expect(counter.opened).toBe(0);
  });

  it.each([
    ['another form', [3, 'app', null, 'eu', 1, 0, null, 1, 'r', 0]],
    ['the form before with a field of this one', [1, 'app', null, 'eu', 1, 0, null, 1, 'r', 0]],
    ['a field missing', [2, 'app', null, 'eu', 1, 0, null, 1, 'r']],
    ['a field too many', [2, 'app', null, 'eu', 1, 0, null, 1, 'r', 0, 0]],
    ['no pool', [2, null, null, 'eu', 1, 0, null, 1, 'r', 0]],
    ['an empty side', [2, 'app', '', 'eu', 1, 0, null, 1, 'r', 0]],
    ['an origin that is a number', [2, 'app', null, 7, 1, 0, null, 1, 'r', 0]],
    ['an endless origin', [2, 'app', null, 'e'.repeat(65), 1, 0, null, 1, 'r', 0]],
    ['epoch 0', [2, 'app', null, 'eu', 0, 0, null, 1, 'r', 0]],
    ['half an epoch', [2, 'app', null, 'eu', 1.5, 0, null, 1, 'r', 0]],
    ['a time before time', [2, 'app', null, 'eu', 1, -1, null, 1, 'r', 0]],
    ['no absolute end', [2, 'app', null, 'eu', 1, 0, null, null, 'r', 0]],
    ['an idle end in words', [2, 'app', null, 'eu', 1, 0, 'soon', 1, 'r', 0]],
    ['a document before the first', [2, 'app', null, 'eu', 1, 0, null, 1, 'r', -1]],
    ['an object', { pool: 'app' }],
    ['null', null],
  ])('with %s inside is forged, whoever sealed it', async (_, inside) => {
    const text = await sealer.seal(JSON.stringify(inside), 'pin|');
    expect(await pins().open(text.padEnd(43, 'A'), null, noon)).toEqual(forged);
  });

  it('with something else than JSON inside is forged', async () => {
    expect(await pins().open(await sealer.seal('no JSON at all, no', 'pin|'), null, noon)).toEqual(forged);
  });

  it('sealed for another use is forged', async () => {
    const text = await pins().seal(pin, null);
    const inside = (await sealer.open(text, 'pin|'))?.text as string;
    expect(await pins().open(await sealer.seal(inside, 'record|'), null, noon)).toEqual(forged);
  });

  it('expires at its idle end and at its absolute end, also when the isolate remembers it', async () => {
    const ours = pins();
    const text = await ours.seal(pin, null);
    expect((await ours.open(text, null, noon + 999)).kind).toBe('valid');
    expect(await ours.open(text, null, noon + 1_000)).toEqual({ kind: 'expired', pin });
    const lasting = await ours.seal({ ...pin, idleEndsAt: null }, null);
    expect((await ours.open(lasting, null, noon + 4_999)).kind).toBe('valid');
    expect((await ours.open(lasting, null, noon + 5_000)).kind).toBe('expired');
  });

  it('sealed under a key that is on its way out is valid and stale; under an unknown one forged', async () => {
    const text = await pins().seal(pin, null);
    const rotated = createPins(createSealer([keyOf('two', 'b'), keyOf('one', 'a')]));
    expect(await rotated.open(text, null, noon)).toEqual({ kind: 'valid', pin, stale: true });
    expect(await createPins(createSealer([keyOf('two', 'b')])).open(text, null, noon)).toEqual(forged);
  });

  it('looks different every time it is written', async () => {
    expect(await pins().seal(pin, null)).not.toBe(await pins().seal(pin, null));
  });

  it('is decrypted once, however often it comes', async () => {
    const counter = counting(sealer);
    const ours = createPins(counter);
    const text = await ours.seal(pin, 'family-1');
    for (let i = 0; i < 10; i++) await ours.open(text, 'family-1', noon + i);
    expect(counter.opened).toBe(1);
  });

  it('is forgotten when a thousand others have come since, and kept while it is used', async () => {
    const counter = counting(sealer);
    const ours = createPins(counter);
    const [idle, used] = [await ours.seal(pin, 'idle'), await ours.seal(pin, 'used')];
    await ours.open(idle, 'idle', noon);
    await ours.open(used, 'used', noon);
    for (let i = 0; i < 1_000; i++) {
      await ours.open(await ours.seal(pin, null), null, noon);
      await ours.open(used, 'used', noon);
    }
    expect(counter.opened).toBe(1_002);
    await ours.open(idle, 'idle', noon);
    expect(counter.opened).toBe(1_003);
  });

  it('with the longest names that the configuration lets pass can be read back', async () => {
    const longest: Pin = {
      pool: 'p'.repeat(64),
      branch: 'a'.repeat(64),
      origin: 'o'.repeat(32),
      epoch: 999_999_999_999_999,
      issuedAt: Number.MAX_SAFE_INTEGER,
      idleEndsAt: Number.MAX_SAFE_INTEGER,
      absoluteEndsAt: Number.MAX_SAFE_INTEGER,
      revision: 'r'.repeat(64),
      controlRevision: Number.MAX_SAFE_INTEGER,
    };
    const text = await pins().seal(longest, null);
    expect((await pins().open(text, null, noon)).kind).toBe('valid');
  });

  it('that could not be read back is not written', async () => {
    await expect(pins().seal({ ...pin, pool: 'p'.repeat(1_000) }, null)).rejects.toThrow(/would not be read back/);
  });
});

describe('the times of a pin', () => {
  const reading = { kind: 'valid', pin, stale: false } as const;

  it('are as they were while its pool lets pins live for as long', () => {
    expect(withPoolLifetime(reading, 5_000, noon)).toBe(reading);
    expect(withPoolLifetime(reading, 9_000, noon)).toBe(reading);
    expect(withPoolLifetime({ kind: 'none' }, 0, noon)).toEqual({ kind: 'none' });
  });

  it('end by the shorter of two absolute lifetimes', () => {
    const shorter = { ...pin, absoluteEndsAt: noon + 500 };
    expect(withPoolLifetime(reading, 500, noon + 499)).toEqual({ ...reading, pin: shorter });
    expect(withPoolLifetime(reading, 500, noon + 500)).toEqual({ kind: 'expired', pin: shorter });
  });

  it('cannot begin in the future, but for the difference of two clocks', () => {
    expect(withPoolLifetime(reading, 5_000, noon - 60_000)).toBe(reading);
    expect(withPoolLifetime(reading, 5_000, noon - 60_001)).toEqual(forged);
  });
});
