/**
 * The limit of sessions per subject. Every login enters itself into the subject's index with compare-and-set, so that
 * parallel logins are counted one by one.
 */
import type { SessionSettings } from '../../config/settings.ts';
import type { Sealer } from '../../crypto/seal.ts';
import type { Store } from '../store/store.ts';
import { StoreUnavailable } from '../store/unavailable.ts';
import { admit, formatIndex, liveEntries, parseIndex, type SessionEntry } from './session-index.ts';

export interface SessionLimit {
  /**
   * Enters a new session, and names those to end for it first. `full`: it must not begin. `replaces`: the session that it
   * takes the place of, which does not count.
   */
  enter(
    subjectKey: string,
    newcomer: SessionEntry,
    replaces: string | null,
    now: number,
  ): Promise<{ kind: 'entered'; evicted: readonly string[] } | { kind: 'full' }>;
  list(subjectKey: string, now: number): Promise<readonly SessionEntry[]>;
  /** Whether the index has the session, live or ended. */
  has(subjectKey: string, sessionId: string, now: number): Promise<boolean>;
}

/** A conflict means that another login got in. This many in a row point to a broken store. */
const maxAttempts = 40;
/** A random pause keeps the losers of one race from colliding again. */
const maxPauseMs = 25;

export function createSessionLimit(
  settings: SessionSettings,
  store: Store,
  sealer: Sealer,
  /** Which of these sessions have ended. */
  findEnded: (subjectKey: string, entries: readonly SessionEntry[], now: number) => Promise<ReadonlySet<string>>,
): SessionLimit {
  const boundTo = (subjectKey: string): string => `roster|${subjectKey}`;

  async function read(subjectKey: string, now: number) {
    const { revision, sealed } = await store.loadSessionIndex(subjectKey, now);
    const opened = sealed === null ? null : await sealer.open(sealed, boundTo(subjectKey));
    // An index that no key opens is started over: no session in it can be opened either.
    return { revision, entries: opened ? parseIndex(opened.text) : [] };
  }

  return {
    async enter(subjectKey, newcomer, replaces, now) {
      let ended: ReadonlySet<string> = new Set();
      for (let attempt = 0; attempt < maxAttempts; attempt++) {
        const { revision, entries: all } = await read(subjectKey, now);
        const entries = all.filter(({ sessionId }) => sessionId !== replaces);
        const isAtLimit = liveEntries(entries, ended, now).length >= settings.limit.perSubject;
        if (isAtLimit) ended = await findEnded(subjectKey, entries, now);
        const admission = admit(entries, newcomer, settings.limit, ended, now);
        if (admission.kind === 'full') return admission;
        const sealed = await sealer.seal(formatIndex(admission.entries), boundTo(subjectKey));
        const keepUntil = Math.max(...admission.entries.map(({ endsAt }) => endsAt));
        if (await store.saveSessionIndex(subjectKey, sealed, revision, keepUntil, now)) {
          return { kind: 'entered', evicted: admission.evicted };
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
