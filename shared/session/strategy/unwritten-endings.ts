/**
 * Endings on their way to the store. One that could not be written is kept, and written with a later request or by the run
 * of every minute: the client has been told of the failure, and may never ask again. The memory is this isolate's.
 */
import type { Endings, Revocation } from '../store/endings.ts';
import type { RevocationCache } from '../store/revocation-cache.ts';
import { StoreUnavailable } from '../store/unavailable.ts';

export type Ending =
  | { readonly kind: 'session'; readonly sessionId: string; readonly revocation: Revocation }
  | { readonly kind: 'subject'; readonly subjectKey: string; readonly notBefore: number; readonly keepUntil: number }
  | { readonly kind: 'everyone'; readonly notBefore: number; readonly keepUntil: number };

export interface UnwrittenEndings {
  /** Whether there is one, and the last attempt was long enough ago. */
  isDue(now: number): boolean;
  /** Writes what is kept. Never throws: what fails again is kept again. */
  write(now: number): Promise<void>;
}

export interface EndingWriter extends UnwrittenEndings {
  /** Throws in an outage; the ending is then kept. */
  writeNow(ending: Ending, now: number): Promise<void>;
}

/** An outage with more sign-outs than this in one isolate loses the oldest: those clients have seen an error. */
const maxKept = 1_000;
/** Longer than a call of the store takes. */
const underWayMs = 5_000;
const pauseMs = 1_000;

export function createEndingWriter(store: Endings, recent: RevocationCache): EndingWriter {
  const kept = new Map<string, { readonly ending: Ending; readonly dueAt: number }>();

  /** An ending is kept before it is written: the platform may drop a request whose client has gone. */
  async function attempt(key: string, ending: Ending, now: number, failedDueAt: number): Promise<void> {
    kept.set(key, { ending, dueAt: now + underWayMs });
    if (kept.size > maxKept) forgetOldest();
    try {
      await apply(store, recent, ending);
      kept.delete(key);
      if (ending.kind === 'session') recent.setUnwritten(ending.sessionId, false);
    } catch (error) {
      // To the end of the line: one that always fails holds up no other.
      kept.delete(key);
      kept.set(key, { ending, dueAt: failedDueAt });
      if (ending.kind === 'session') recent.setUnwritten(ending.sessionId, true);
      throw error;
    }
  }

  function forgetOldest(): void {
    const [oldest] = kept;
    if (!oldest) return;
    const [key, { ending }] = oldest;
    kept.delete(key);
    if (ending.kind === 'session') recent.setUnwritten(ending.sessionId, false);
  }

  return {
    writeNow: (ending, now) => attempt(keyOf(ending), ending, now, now),

    isDue(now) {
      for (const { dueAt } of kept.values()) if (dueAt <= now) return true;
      return false;
    },

    async write(now) {
      for (const [key, { ending, dueAt }] of [...kept]) {
        if (dueAt > now) continue;
        try {
          await attempt(key, ending, now, now + pauseMs);
        } catch (error) {
          if (error instanceof StoreUnavailable) return;
        }
      }
    },
  };
}

/** For sessions of this isolate alone: there is nothing to write. */
export const noEndingWriter: EndingWriter = {
  writeNow: async () => {},
  isDue: () => false,
  write: async () => {},
};

const keyOf = (ending: Ending): string => {
  if (ending.kind === 'everyone') return 'everyone';
  return ending.kind === 'session' ? `session|${ending.sessionId}` : `subject|${ending.subjectKey}`;
};

async function apply(store: Endings, recent: RevocationCache, ending: Ending): Promise<void> {
  if (ending.kind === 'session') return revokeWithSuccessors(store, recent, ending);
  const { notBefore, keepUntil } = ending;
  if (ending.kind === 'everyone') return store.revokeEveryone(notBefore, keepUntil);
  return store.revokeSubject(ending.subjectKey, notBefore, keepUntil);
}

/**
 * "Sign out everywhere else" lets a session go on under another id. A sign-out that crosses it knows the old id alone, and
 * means the session: so it ends the successor too, and that one's.
 */
async function revokeWithSuccessors(
  store: Endings,
  recent: RevocationCache,
  { sessionId, revocation }: Extract<Ending, { kind: 'session' }>,
): Promise<void> {
  let earlier = await store.revoke(sessionId, revocation);
  while (earlier !== null && earlier.successor !== null && earlier.successor !== revocation.successor) {
    const { successor } = earlier;
    recent.endSession(successor, 'ended');
    const { successor: _, ...itsEnd } = revocation;
    earlier = await store.revoke(successor, itsEnd);
  }
}
