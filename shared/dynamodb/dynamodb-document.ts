/** The SharedDocument port: one item of the session table, read with strong consistency. */

import { newWriteId } from '../crypto/write-id.ts';
import type { DocumentName, SharedDocument } from '../document/document.ts';
import type { ItemKey, Items } from './items.ts';

const itemOf: Readonly<Record<DocumentName, ItemKey>> = {
  control: { PK: 'G', SK: 'C' },
  counts: { PK: 'G', SK: 'N' },
};

export function createDocumentOnItems(items: Items, name: DocumentName): SharedDocument {
  const key = itemOf[name];
  const read = async () => {
    const [item] = await items.read([key]);
    const isRead = Number.isSafeInteger(item?.revision) && (item?.revision as number) > 0;
    return {
      kept: {
        revision: isRead ? (item?.revision as number) : 0,
        text: isRead && typeof item?.document === 'string' ? item.document : null,
      },
      writeId: item?.writeId,
    };
  };

  return {
    read: async () => (await read()).kept,

    async write(text, onRevision) {
      const writeId = newWriteId();
      const row = { revision: onRevision + 1, document: text, writeId };
      const written =
        onRevision === 0
          ? await items.update(key, row, 'NOT attribute_type(#revision, :number)', { number: 'N' })
          : await items.update(key, row, '#revision = :seen', { seen: onRevision });
      // The SDK repeats a call whose reply was lost. The second call then finds its own write.
      return written || (await read()).writeId === writeId;
    },
  };
}
