/**
 * The limit of sessions per subject. Every login enters itself into the subject's index with compare-and-set, so that
 * parallel logins are counted one by one.
 */
import type { SessionIndexes } from '../store/session-indexes.ts';
import { StoreUnavailable } from '../store/unavailable.ts';
import type { StrategyParts } from './parts.ts';
import { boundToSubject, type ReadIndex, readIndex } from './read-index.ts';
import type { SessionEndings } from './session-endings.ts';
import { admit, formatIndex, liveEntries, type SessionEntry } from './session-index.ts';

export interface SessionLimit {
  /**
   * Enters a new session, and ends those that have to make room for it. `false`: the subject has reached its limit, and the
   * session must not begin. `replaces`: the session that it takes the place of, which does not count.
   */
  enter(subjectKey: string, entry: SessionEntry, replaces: string | null, now: number): Promise<boolean>;
  list(subjectKey: string, now: number): Promise<readonly SessionEntry[]>;
  /** Whether the index has the session, live or ended. */
  has(subjectKey: string, sessionId: string, now: number): Promise<boolean>;
}

/** A conflict means that another login got in. This many in a row point to a broken store. */
const maxAttempts = 40;
/** A random pause keeps the losers of one race from colliding again. */
const maxPauseMs = 25;

export function createSessionLimit(
  {
    settings,
    sealer,
    emit,
    store,
  }: Pick<StrategyParts, 'settings' | 'sealer' | 'emit'> & { readonly store: SessionIndexes },
  endings: Pick<SessionEndings, 'revoke'>,
  /** The ids of those that have ended. */
  findEnded: (entries: readonly SessionEntry[], subjectKey: string, now: number) => Promise<ReadonlySet<string>>,
): SessionLimit {
  const read = (subjectKey: string, now: number): Promise<ReadIndex> => readIndex({ store, sealer }, subjectKey, now);

  /** Before the new session begins, so that there are never more than allowed. */
  async function evict(sessionIds: readonly string[], now: number): Promise<void> {
    for (const sessionId of sessionIds) {
      await endings.revoke(sessionId, 'limit', now);
      emit({ event: 'session-ended', sessionId, why: 'limit' });
    }
  }

  return {
    async enter(subjectKey, entry, replaces, now) {
      let ended: ReadonlySet<string> = new Set();
      for (let attempt = 0; attempt < maxAttempts; attempt++) {
        const { revision, entries: all } = await read(subjectKey, now);
        const entries = all.filter(({ sessionId }) => sessionId !== replaces);
        const isAtLimit = liveEntries(entries, ended, now).length >= settings.limit.perSubject;
        if (isAtLimit) ended = await findEnded(entries, subjectKey, now);
        const admission = admit(entries, entry, settings.limit, ended, now);
        if (admission.kind === 'full') return false;
        const sealed = await sealer.seal(formatIndex(admission.entries), boundToSubject(subjectKey));
        const keepUntil = Math.max(...admission.entries.map(({ endsAt }) => endsAt));
        if (await store.saveSessionIndex(subjectKey, sealed, revision, keepUntil, now)) {
          await evict(admission.evicted, now);
          return true;
        }
        await new Promise((resolve) => setTimeout(resolve, Math.random() * maxPauseMs));
      }
      throw new StoreUnavailable(`the session index was not written: ${maxAttempts} conflicting writes`);
    },

    async has(subjectKey, sessionId, now) {
      return (await read(subjectKey, now)).entries.some((entry) => entry.sessionId === sessionId);
    },

    async list(subjectKey, now) {
      const { entries } = await read(subjectKey, now);
      return liveEntries(entries, new Set(), now);
    },
  };
}
