/** An authority that hangs is one that is out of order: every call answers or throws within the deadline. */
import type { Control } from './control.ts';

/** As for stores (`session/deadline.ts`): above the slowest healthy answer, below a person's patience. */
const deadlineMs = 3_000;

export const controlWithDeadline = (control: Control, ms = deadlineMs): Control => ({
  read: () => bounded(control.read(), ms),
  write: (text, onRevision) => bounded(control.write(text, onRevision), ms),
});

function bounded<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout>;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the control document was not answered for within ${ms} ms`)), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
