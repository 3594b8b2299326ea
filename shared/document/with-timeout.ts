/** An authority that hangs is one that is out of order: every call answers or throws within the deadline. */
import type { SharedDocument } from './document.ts';

/** As for stores (`session/deadline.ts`): above the slowest healthy answer, below a person's patience. */
const deadlineMs = 3_000;

export const documentWithDeadline = (document: SharedDocument, ms = deadlineMs): SharedDocument => ({
  read: () => bounded(document.read(), ms),
  write: (text, onRevision) => bounded(document.write(text, onRevision), ms),
});

function bounded<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout>;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the shared document was not answered for within ${ms} ms`)), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
