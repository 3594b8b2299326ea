/**
 * How many sessions a subject may have, and which: kept on the subject's roster with compare-and-set, so that twenty
 * logins at once are still counted one by one.
 */
import type { SessionSettings } from '../../config/settings.ts';
import type { Sealer } from '../../crypto/seal.ts';
import type { Store } from '../store/store.ts';
import { StoreUnavailable } from '../store/unavailable.ts';
import { admit, formatIndex, liveEntries, parseIndex, type SessionEntry } from './session-index.ts';

export interface SessionLimit {
  /**
   * Enters the newcomer, and says who has to be ended for it first; `full`: it may not begin. `replaces`: the family whose
   * place it takes, which therefore counts no more.
   */
  enter(
    subjectKey: string,
    newcomer: SessionEntry,
    replaces: string | null,
    now: number,
  ): Promise<{ kind: 'entered'; evicted: readonly string[] } | { kind: 'full' }>;
  list(subjectKey: string, now: number): Promise<readonly SessionEntry[]>;
  /** Whether the family was entered here and not yet forgotten, ended or not. */
  has(subjectKey: string, sessionId: string, now: number): Promise<boolean>;
}

/** Each round somebody gets on; so many in a row without us is a store that cannot count. */
const maxRounds = 40;
/** Spreads those who lost the same race. */
const maxPauseMs = 25;

export function createSessionLimit(
  settings: SessionSettings,
  store: Store,
  sealer: Sealer,
  /** Which of these families have ended, whatever the roster says. */
  deadAmong: (subjectKey: string, entries: readonly SessionEntry[], now: number) => Promise<ReadonlySet<string>>,
): SessionLimit {
  const boundTo = (subjectKey: string): string => `roster|${subjectKey}`;

  async function read(subjectKey: string, now: number) {
    const { revision, sealed } = await store.loadSessionIndex(subjectKey, now);
    const opened = sealed === null ? null : await sealer.open(sealed, boundTo(subjectKey));
    // One that no key of ours opens is begun anew: it lists nothing that could still be recognised.
    return { revision, entries: opened ? parseIndex(opened.text) : [] };
  }

  return {
    async enter(subjectKey, newcomer, replaces, now) {
      let dead: ReadonlySet<string> = new Set();
      for (let round = 0; round < maxRounds; round++) {
        const { revision, entries: all } = await read(subjectKey, now);
        const entries = all.filter(({ sessionId }) => sessionId !== replaces);
        const isTight = liveEntries(entries, dead, now).length >= settings.limit.perSubject;
        // Looked at only when it matters: most subjects are nowhere near their limit.
        if (isTight) dead = await deadAmong(subjectKey, entries, now);
        const admission = admit(entries, newcomer, settings.limit, dead, now);
        if (admission.kind === 'full') return admission;
        const sealed = await sealer.seal(formatIndex(admission.entries), boundTo(subjectKey));
        const keepUntil = Math.max(...admission.entries.map(({ endsAt }) => endsAt));
        if (await store.saveSessionIndex(subjectKey, sealed, revision, keepUntil, now)) {
          return { kind: 'entered', evicted: admission.evicted };
        }
        await new Promise((resolve) => setTimeout(resolve, Math.random() * maxPauseMs));
      }
      throw new StoreUnavailable('the roster found no quiet moment');
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
