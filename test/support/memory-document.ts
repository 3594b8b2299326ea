/** A document that this isolate alone knows: for tests. */
import type { Kept, SharedDocument } from '../../shared/document/document.ts';

export function createMemoryDocument(): SharedDocument {
  let kept: Kept = { revision: 0, text: null };
  return {
    read: async () => kept,
    async write(text, onRevision) {
      if (kept.revision !== onRevision) return false;
      kept = { revision: onRevision + 1, text };
      return true;
    },
  };
}
