/**
 * What this isolate itself ended, remembered for a while: it refuses those credentials at once, whatever a snapshot, a
 * replica or a cache still says. Elsewhere the route's freshness is the bound.
 */
export interface RecentRevocations {
  /** `replaced`: a login put another family in its place. */
  endFamily(family: string, how: 'ended' | 'replaced'): void;
  /** Sessions of the subject that were created at or before `notBefore` are over. */
  endSubject(subjectKey: string, notBefore: number): void;
  endEveryone(notBefore: number): void;
  /** A secret that was replaced: its hash is refused although the family lives on. */
  retireSecret(secretHash: string): void;
  endOf(session: {
    readonly family: string;
    readonly subjectKey: string | null;
    readonly createdAt: number;
  }): 'ended' | 'replaced' | null;
  isRetired(secretHash: string): boolean;
}

/** About 1 MB per isolate at the most; the oldest are forgotten first, and by then every snapshot has asked again. */
const mostRemembered = 10_000;

export function createRecentRevocations(): RecentRevocations {
  const families = new Map<string, 'ended' | 'replaced'>();
  const subjects = new Map<string, number>();
  const secrets = new Set<string>();
  let everyone = Number.NEGATIVE_INFINITY;
  return {
    endFamily(family, how) {
      if (families.get(family) !== 'ended') families.set(family, how);
      forgetOldest(families);
    },
    endSubject(subjectKey, notBefore) {
      subjects.set(subjectKey, Math.max(notBefore, subjects.get(subjectKey) ?? 0));
      forgetOldest(subjects);
    },
    endEveryone(notBefore) {
      everyone = Math.max(everyone, notBefore);
    },
    retireSecret(secretHash) {
      secrets.add(secretHash);
      forgetOldest(secrets);
    },
    endOf({ family, subjectKey, createdAt }) {
      const how = families.get(family);
      if (how) return how;
      if (everyone >= createdAt) return 'ended';
      const notBefore = subjectKey === null ? undefined : subjects.get(subjectKey);
      return notBefore !== undefined && notBefore >= createdAt ? 'ended' : null;
    },
    isRetired: (secretHash) => secrets.has(secretHash),
  };
}

function forgetOldest(memory: Set<string> | Map<string, unknown>): void {
  if (memory.size <= mostRemembered) return;
  const oldest = memory.keys().next();
  if (!oldest.done) memory.delete(oldest.value);
}
