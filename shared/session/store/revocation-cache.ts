/**
 * What this isolate itself ended, or has heard of, remembered for a while: it refuses those credentials at once, whatever
 * a snapshot, a replica or a cache still says. Elsewhere the route's freshness is the bound.
 */
export interface RevocationCache {
  /** `replaced`: a login put another family in its place, at this moment. */
  endSession(sessionId: string, how: 'ended' | 'replaced', at?: number): void;
  /** Sessions of the subject that were created at or before `notBefore` are over. */
  endSubject(subjectKey: string, notBefore: number): void;
  endEveryone(notBefore: number): void;
  /** A secret that was replaced: its hash is refused although the family lives on. */
  retireSecret(secretHash: string, at?: number): void;
  /** With `now`, `replaced` becomes `ended` as soon as no reply can still be under way. */
  endOf(
    session: { readonly sessionId: string; readonly subjectKey: string | null; readonly createdAt: number },
    now?: number,
  ): 'ended' | 'replaced' | null;
  /** When it was replaced, or `null`. */
  retiredAt(secretHash: string): number | null;
}

/** About 1 MB per isolate at the most; the oldest are forgotten first, and by then every snapshot has asked again. */
const maxRemembered = 10_000;

/**
 * Requests and replies cross on the wire for this long: the longest wait for an origin, and some more. A credential that
 * died less than that ago is refused, and its cookie is left alone: the reply with its successor may be under way.
 */
export const inFlightMs = 30_000;

export function createRevocationCache(): RevocationCache {
  const sessionIds = new Map<string, { readonly how: 'ended' | 'replaced'; readonly at: number }>();
  const subjects = new Map<string, number>();
  const secrets = new Map<string, number>();
  let everyone = Number.NEGATIVE_INFINITY;
  return {
    endSession(sessionId, how, at = 0) {
      const known = sessionIds.get(sessionId);
      if (known?.how === 'ended' || (known && how === 'replaced')) return;
      sessionIds.set(sessionId, { how, at });
      forgetOldest(sessionIds);
    },
    endSubject(subjectKey, notBefore) {
      subjects.set(subjectKey, Math.max(notBefore, subjects.get(subjectKey) ?? 0));
      forgetOldest(subjects);
    },
    endEveryone(notBefore) {
      everyone = Math.max(everyone, notBefore);
    },
    retireSecret(secretHash, at = 0) {
      secrets.set(secretHash, at);
      forgetOldest(secrets);
    },
    endOf({ sessionId, subjectKey, createdAt }, now) {
      const known = sessionIds.get(sessionId);
      if (known)
        return known.how === 'replaced' && now !== undefined && now - known.at > inFlightMs ? 'ended' : known.how;
      if (everyone >= createdAt) return 'ended';
      const notBefore = subjectKey === null ? undefined : subjects.get(subjectKey);
      return notBefore !== undefined && notBefore >= createdAt ? 'ended' : null;
    },
    retiredAt: (secretHash) => secrets.get(secretHash) ?? null,
  };
}

function forgetOldest(memory: Map<string, unknown>): void {
  if (memory.size <= maxRemembered) return;
  const oldest = memory.keys().next();
  if (!oldest.done) memory.delete(oldest.value);
}
