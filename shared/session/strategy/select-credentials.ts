/**
 * Which of several session cookies are worth a look. A browser sends more than one of a name when an attribute was changed
 * while it held the first, or when another path or domain has one. Pure.
 */

/** What a value says itself, once its signature has been found to be ours. */
export interface Claimed {
  readonly value: string;
  readonly sessionId: string;
  /** Grows with every value that is given out for the session; the first number counts most. */
  readonly age: readonly number[];
  /** Refused without asking anybody. */
  readonly isOver: boolean;
}

/** An honest client has one of them or two, and whoever sends more shall not make the store work for it. */
const maxCandidates = 2;

/**
 * In the order in which they came, those that nobody has to be asked about last. An older value beside a newer one of the
 * same session is left out: its client has both, so that it is no sign of a thief.
 */
export function selectCandidates(claimed: readonly Claimed[]): readonly string[] {
  const newest = claimed.filter(
    (one) => !claimed.some((other) => other.sessionId === one.sessionId && isNewer(other, one)),
  );
  const open = newest.filter(({ isOver }) => !isOver).slice(0, maxCandidates);
  return [...open, ...newest.filter(({ isOver }) => isOver)].map(({ value }) => value);
}

function isNewer({ age }: Claimed, than: Claimed): boolean {
  for (const [i, number] of age.entries()) {
    const other = than.age[i] as number;
    if (number !== other) return number > other;
  }
  return false;
}
