/** A control document that this isolate alone knows: for tests. */
import type { Control, Kept } from './control.ts';

export function createMemoryControl(): Control {
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
