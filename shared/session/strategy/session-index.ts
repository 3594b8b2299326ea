/**
 * A subject's roster: which sessions were entered, so that they can be listed, limited and ended. A register and no
 * authority: each session in it still has to be looked at before it counts as live. Pure.
 */

export interface SessionEntry {
  readonly sessionId: string;
  readonly createdAt: number;
  readonly endsAt: number;
  /** What a person calls the device. */
  readonly label: string;
}

export type Admission =
  /** `evicted`: to be ended before the newcomer begins, oldest first. */
  | { readonly kind: 'admitted'; readonly entries: readonly SessionEntry[]; readonly evicted: readonly string[] }
  | { readonly kind: 'full' };

export const liveEntries = (
  entries: readonly SessionEntry[],
  dead: ReadonlySet<string>,
  now: number,
): readonly SessionEntry[] => entries.filter(({ sessionId, endsAt }) => now < endsAt && !dead.has(sessionId));

/** `dead`: families that were looked at and found ended, whatever the roster says. */
export function admit(
  entries: readonly SessionEntry[],
  newcomer: SessionEntry,
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

export const formatIndex = (entries: readonly SessionEntry[]): string =>
  JSON.stringify(entries.map(({ sessionId, createdAt, endsAt, label }) => [sessionId, createdAt, endsAt, label]));

export const parseIndex = (text: string): readonly SessionEntry[] =>
  (JSON.parse(text) as [string, number, number, string][]).map(([sessionId, createdAt, endsAt, label]) => ({
    sessionId,
    createdAt,
    endsAt,
    label,
  }));
