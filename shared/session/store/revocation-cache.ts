/**
 * Endings that this isolate has made or seen. It refuses these credentials at once, even if a snapshot, a replica or a cache
 * still accepts them. In other isolates the route's freshness is the limit.
 */
export interface RevocationCache {
  /** `replaced`: a login has replaced the session by another one. `at`: when. */
  endSession(sessionId: string, how: 'ended' | 'replaced', at?: number): void;
  /** Whether the end of a session is still to be written to the store. Until then its cookie is refused, and not cleared. */
  setUnwritten(sessionId: string, isUnwritten: boolean): void;
  /** Sessions of the subject created at or before `notBefore` are ended. */
  endSubject(subjectKey: string, notBefore: number): void;
  endEveryone(notBefore: number): void;
  /** The latest moment whose sessions were ended, by subject or all of them; 0: none. */
  notBeforeOf(subjectKey: string | null): number;
  /** A replaced secret: its hash is refused, and the session goes on. */
  retireSecret(secretHash: string, at?: number): void;
  /**
   * `replaced`: refused, and the cookie must not be cleared. With `now`, `replaced` becomes `ended` when no reply can be in
   * flight any more and the end is written.
   */
  endOf(
    session: { readonly sessionId: string; readonly subjectKey: string | null; readonly createdAt: number },
    now?: number,
  ): 'ended' | 'replaced' | null;
  /** When the secret was replaced, or `null`. */
  retiredAt(secretHash: string): number | null;
}

/** At most about 1 MB per isolate. The oldest is dropped first; by then every snapshot has been checked again. */
const maxEntries = 10_000;

/**
 * How long a reply with a newer cookie may be in flight. A credential that was replaced less than this ago is refused, but its
 * cookie is not deleted.
 */
export const inFlightMs = 30_000;

export function createRevocationCache(): RevocationCache {
  const sessionIds = new Map<string, { readonly how: 'ended' | 'replaced'; readonly at: number }>();
  const unwritten = new Map<string, true>();
  const subjects = new Map<string, number>();
  const secrets = new Map<string, number>();
  let everyone = Number.NEGATIVE_INFINITY;
  return {
    endSession(sessionId, how, at = 0) {
      const known = sessionIds.get(sessionId);
      if (known?.how === 'ended' || (known && how === 'replaced')) return;
      sessionIds.set(sessionId, { how, at });
      dropOldest(sessionIds);
    },
    setUnwritten(sessionId, isUnwritten) {
      if (!isUnwritten) return void unwritten.delete(sessionId);
      unwritten.set(sessionId, true);
      dropOldest(unwritten);
    },
    endSubject(subjectKey, notBefore) {
      subjects.set(subjectKey, Math.max(notBefore, subjects.get(subjectKey) ?? 0));
      dropOldest(subjects);
    },
    endEveryone(notBefore) {
      everyone = Math.max(everyone, notBefore);
    },
    notBeforeOf: (subjectKey) => Math.max(0, everyone, (subjectKey !== null && subjects.get(subjectKey)) || 0),
    retireSecret(secretHash, at = 0) {
      secrets.set(secretHash, at);
      dropOldest(secrets);
    },
    endOf({ sessionId, subjectKey, createdAt }, now) {
      const known = sessionIds.get(sessionId);
      if (known && unwritten.has(sessionId)) return 'replaced';
      if (known)
        return known.how === 'replaced' && now !== undefined && now - known.at > inFlightMs ? 'ended' : known.how;
      if (everyone >= createdAt) return 'ended';
      const notBefore = subjectKey === null ? undefined : subjects.get(subjectKey);
      return notBefore !== undefined && notBefore >= createdAt ? 'ended' : null;
    },
    retiredAt: (secretHash) => secrets.get(secretHash) ?? null,
  };
}

function dropOldest(memory: Map<string, unknown>): void {
  if (memory.size <= maxEntries) return;
  const oldest = memory.keys().next();
  if (!oldest.done) memory.delete(oldest.value);
}
