/**
 * A subject's roster: which sessions were entered, so that they can be listed, limited and ended. A register and no
 * authority: each session in it still has to be looked at before it counts as live. Pure.
 */

export interface RosterEntry {
  readonly sessionId: string;
  readonly createdAt: number;
  readonly endsAt: number;
  /** What a person calls the device. */
  readonly label: string;
}

export type Admission =
  /** `evicted`: to be ended before the newcomer begins, oldest first. */
  | { readonly kind: 'admitted'; readonly entries: readonly RosterEntry[]; readonly evicted: readonly string[] }
  | { readonly kind: 'full' };

export const liveEntries = (
  entries: readonly RosterEntry[],
  dead: ReadonlySet<string>,
  now: number,
): readonly RosterEntry[] => entries.filter(({ sessionId, endsAt }) => now < endsAt && !dead.has(sessionId));

/** `dead`: families that were looked at and found ended, whatever the roster says. */
export function admit(
  entries: readonly RosterEntry[],
  newcomer: RosterEntry,
  limit: { readonly perSubject: number; readonly onLimit: 'evict-oldest' | 'refuse' },
  dead: ReadonlySet<string>,
  now: number,
): Admission {
  const live = [...liveEntries(entries, dead, now)].sort((a, b) => a.createdAt - b.createdAt);
  const over = live.length + 1 - limit.perSubject;
  if (over <= 0) return { kind: 'admitted', entries: [...live, newcomer], evicted: [] };
  if (limit.onLimit === 'refuse') return { kind: 'full' };
  return {
    kind: 'admitted',
    entries: [...live.slice(over), newcomer],
    evicted: live.slice(0, over).map(({ sessionId }) => sessionId),
  };
}

export const writeRoster = (entries: readonly RosterEntry[]): string =>
  JSON.stringify(entries.map(({ sessionId, createdAt, endsAt, label }) => [sessionId, createdAt, endsAt, label]));

export const readRoster = (text: string): readonly RosterEntry[] =>
  (JSON.parse(text) as [string, number, number, string][]).map(([sessionId, createdAt, endsAt, label]) => ({
    sessionId,
    createdAt,
    endsAt,
    label,
  }));
