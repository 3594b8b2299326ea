/** What every store promises (`shared/session/store/*.ts`), one sentence each. Time is moved by hand. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createParts, type OpenedStore, type Traits } from './contract-parts.ts';
import { endingOfEveryoneContract, endingsContract } from './endings.ts';
import { onceKeysContract } from './once-keys.ts';
import { recordsContract } from './records.ts';
import { sessionIndexesContract } from './session-indexes.ts';
import { touchContract } from './touches.ts';

export function sessionStoreContract(
  storeName: string,
  open: () => Promise<OpenedStore>,
  traits: Traits = { touch: 'written', races: 'decided' },
): void {
  describe(`${storeName} keeps the store contract`, () => {
    let opened: OpenedStore;
    beforeAll(async () => {
      opened = await open();
    });
    afterAll(() => opened?.close());

    const parts = createParts(() => opened, traits);
    recordsContract(parts);
    touchContract(parts);
    endingsContract(parts);
    sessionIndexesContract(parts);
    onceKeysContract(parts);
    // Last, because it ends every session of the others.
    endingOfEveryoneContract(parts);

    test('a working store passes its check', async () => {
      expect(await parts.store.check(parts.clock.now())).toEqual([]);
    });
  });
}
