/** Port: where the counts of all isolates come together. Only an outage throws. */
import { rewriteText, type SharedDocument } from '../document/document.ts';
import { type Flushed, merge, readTally, type Tally, writeTally } from './tally.ts';

export interface SharedCounts {
  /** Adds batches, each once, however often it is brought. Answers how long to wait before the next call, in milliseconds. */
  add(flushed: Flushed): Promise<number>;
  total(now: number): Promise<Tally>;
  /** Housekeeping, once a minute. */
  fold(now: number): Promise<void>;
}

/** For a document whose writes cost the same at any size, such as that of a Durable Object. */
export const createCountsInDocument = (document: SharedDocument): SharedCounts => ({
  async add(flushed) {
    await rewriteText(document, ({ text }) => {
      const before = readTally(text);
      const after = merge(before, flushed);
      return after === before ? null : writeTally(after);
    });
    return 0;
  },
  total: async () => readTally((await document.read()).text),
  fold: async () => {},
});
