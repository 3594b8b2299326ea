import { expect, it } from 'vitest';
import { createSealer } from '../../../shared/crypto/seal.ts';
import { sealKey } from '../../support/session-parts.ts';

const [first, second] = [sealKey('one'), sealKey('two')];
const sealer = createSealer([first, second]);

it('what was sealed opens again, for its own use and no other', async () => {
  const sealed = await sealer.seal('hällo', 'pin|family');
  expect(await sealer.open(sealed, 'pin|family')).toEqual({ text: 'hällo', stale: false });
  for (const use of ['pin|famil', 'pin|family2', 'record|family', '']) {
    expect(await sealer.open(sealed, use)).toBeNull();
  }
});

it('the same text is never sealed to the same letters', async () => {
  expect(await sealer.seal('x', 'use')).not.toBe(await sealer.seal('x', 'use'));
});

it('one changed letter anywhere, one more or one less, and it does not open', async () => {
  const sealed = await sealer.seal('some text', 'use');
  for (let at = 0; at < sealed.length; at++) {
    const other = sealed[at] === 'A' ? 'B' : 'A';
    expect(await sealer.open(sealed.slice(0, at) + other + sealed.slice(at + 1), 'use')).toBeNull();
  }
  for (const text of ['', 'x', sealed.slice(0, -1), `${sealed}A`, `${sealed}=`, ` ${sealed}`, sealed.slice(0, 40)]) {
    expect(await sealer.open(text, 'use')).toBeNull();
  }
});

it('an old key still opens and says that it is old; a key that was removed does not', async () => {
  const before = createSealer([second]);
  const sealed = await before.seal('x', 'use');
  expect(await sealer.open(sealed, 'use')).toEqual({ text: 'x', stale: true });
  expect(await createSealer([first]).open(sealed, 'use')).toBeNull();
});

it('a key of another that goes by the same name opens nothing', async () => {
  const sealed = await sealer.seal('x', 'use');
  expect(await createSealer([sealKey('one')]).open(sealed, 'use')).toBeNull();
});

it('without a key nothing is sealed', async () => {
  await expect(createSealer([]).seal('x', 'use')).rejects.toThrow();
});
