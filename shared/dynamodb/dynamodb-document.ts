/** The SharedDocument port: one item of the session table, read with strong consistency. */
import { newWriteId } from '../crypto/write-id.ts';
import type { DocumentName, SharedDocument } from '../document/document.ts';
import type { Item, ItemKey, Items } from './items.ts';

/** `earlier`: where versions before kept it, all under one partition key. Read until the document is in its own place. */
const places: Readonly<Record<DocumentName, { readonly key: ItemKey; readonly earlier: ItemKey }>> = {
  control: { key: { PK: 'C', SK: 'A' }, earlier: { PK: 'G', SK: 'C' } },
  counts: { key: { PK: 'N', SK: 'A' }, earlier: { PK: 'G', SK: 'N' } },
};

interface Read {
  readonly revision: number;
  readonly text: string | null;
  readonly writeId: unknown;
  readonly isEarlier: boolean;
}

export function createDocumentOnItems(items: Items, name: DocumentName): SharedDocument {
  const { key, earlier } = places[name];
  let isInItsPlace = false;

  async function read(): Promise<Read> {
    const [own, before] = await items.read(isInItsPlace ? [key] : [key, earlier]);
    if (own) isInItsPlace = true;
    const item = own ?? before;
    return {
      ...contentOf(item ?? null),
      writeId: item?.writeId,
      isEarlier: !own && item !== undefined && item !== null,
    };
  }

  return {
    async read() {
      const { revision, text } = await read();
      return { revision, text };
    },

    async write(text, onRevision) {
      const writeId = newWriteId();
      const row = { revision: onRevision + 1, document: text, writeId };
      const written =
        onRevision === 0
          ? await items.update(key, row, 'NOT attribute_type(#revision, :number)', { number: 'N' })
          : await items.update(key, row, '#revision = :seen', { seen: onRevision });
      if (written) return true;
      const kept = await read();
      // The SDK repeats a call whose reply was lost. The second call then finds its own write.
      if (kept.writeId === writeId) return true;
      if (!kept.isEarlier || kept.revision !== onRevision) return false;
      return (await items.put(key, row, 'attribute_not_exists(PK)')) || (await read()).writeId === writeId;
    },
  };
}

function contentOf(item: Item | null): Pick<Read, 'revision' | 'text'> {
  const isRead = Number.isSafeInteger(item?.revision) && (item?.revision as number) > 0;
  return {
    revision: isRead ? (item?.revision as number) : 0,
    text: isRead && typeof item?.document === 'string' ? item.document : null,
  };
}
