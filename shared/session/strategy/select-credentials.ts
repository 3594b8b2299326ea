/**
 * Selects among several session cookies. A browser sends two of one name when an attribute was changed while it held the
 * first, or when another path or domain has one. Pure.
 */

/** What a value says, once its signature was verified. */
export interface Candidate {
  readonly value: string;
  readonly sessionId: string;
  /** Grows with every value that is issued for the session; the first number counts most. */
  readonly age: readonly number[];
  /** Known to have ended, without asking the store. */
  readonly isOver: boolean;
}

/** Ordinary clients have one or two. More must not cost calls of the store. */
const maxCandidates = 2;

/**
 * In the order in which they came; those that have ended go last. An older value beside a newer one of the same session is
 * left out: the client has both, so it is no sign of a copied cookie.
 */
export function selectCandidates(candidates: readonly Candidate[]): readonly string[] {
  const newest = candidates.filter(
    (one) => !candidates.some((other) => other.sessionId === one.sessionId && isNewer(other, one)),
  );
  const open = newest.filter(({ isOver }) => !isOver).slice(0, maxCandidates);
  return [...open, ...newest.filter(({ isOver }) => isOver)].map(({ value }) => value);
}

function isNewer({ age }: Candidate, than: Candidate): boolean {
  for (const [i, number] of age.entries()) {
    const other = than.age[i] as number;
    if (number !== other) return number > other;
  }
  return false;
}
