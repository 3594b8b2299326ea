/**
 * Changes records by compare-and-set: loads the newest version and saves the next one, again after a conflict. Several
 * changes of one session are saved at once.
 */
import type { Locator, StoreRecord } from '../store/records.ts';
import { StoreUnavailable } from '../store/unavailable.ts';
import type { Lookup, OpenedSession } from './lookup.ts';
import type { StoredParts } from './parts.ts';
import { type Content, dataFits, nextRecord } from './record.ts';

export interface Change {
  /** A version that the caller knows of. */
  readonly locator: Locator;
  nextOf(record: StoreRecord, content: Content): Content | 'ended' | 'conflict';
  /** Called before the save. */
  fitsCookie(written: OpenedSession): Promise<boolean>;
}

/** `'conflict'`: the caller named a version, and there is another one. */
export type ChangeOutcome = OpenedSession | 'too-large' | 'conflict' | 'ended';

/** Saves changes of one session in their order, each on top of those before it. Throws in an outage of the store. */
export type SaveChanges = (changes: readonly Change[], now: number) => Promise<readonly ChangeOutcome[]>;

/** Each conflict is the success of another writer: enough for fifty at once. */
const maxAttempts = 60;
/** A random pause keeps the losers of one race from colliding again. The more there have been, the longer. */
const pauseMs = 4;
const maxPauseMs = 60;

export function createSaveChanges(
  { store, sealer }: Pick<StoredParts, 'store' | 'sealer'>,
  { load }: Pick<Lookup, 'load'>,
): SaveChanges {
  return async (changes, now) => {
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      const found = await load(attempt === 0 ? newestOf(changes) : newestThereIs(changes), now);
      if (!found) return changes.map(() => 'ended');
      const { record } = found;
      let { content } = found;
      const outcomes: (ChangeOutcome | 'accepted')[] = [];
      for (const change of changes) {
        const next = change.nextOf(record, content);
        const outcome = typeof next === 'string' ? next : await judge(change, record, next);
        outcomes.push(outcome);
        if (outcome === 'accepted') content = next as Content;
      }
      if (!outcomes.includes('accepted')) return outcomes as readonly ChangeOutcome[];
      const written = { record: await nextRecord(sealer, record, content), content };
      const saved = await store.save(written.record, now);
      if (saved === 'ended') return changes.map(() => 'ended');
      if (saved === 'saved') return outcomes.map((outcome) => (outcome === 'accepted' ? written : outcome));
      await pause(Math.random() * Math.min(maxPauseMs, pauseMs * (attempt + 1)));
    }
    throw new StoreUnavailable(`the record was not written: ${maxAttempts} conflicting writes`);
  };
}

async function judge(change: Change, record: StoreRecord, content: Content): Promise<'accepted' | 'too-large'> {
  if (!dataFits(content.data)) return 'too-large';
  const next = { record: { ...record, version: record.version + 1 }, content };
  return (await change.fitsCookie(next)) ? 'accepted' : 'too-large';
}

/** The newest version that one of the callers knows of. */
const newestOf = (changes: readonly Change[]): Locator =>
  changes.reduce((newest, { locator }) => ((locator.version ?? 0) > (newest.version ?? 0) ? locator : newest), {
    ...(changes[0] as Change).locator,
  });

/** After a conflict. A locator without a version bypasses the store's caches. */
function newestThereIs(changes: readonly Change[]): Locator {
  const { version: _, ...locator } = (changes[0] as Change).locator;
  return locator;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
