/**
 * A subject's session index: which sessions began, so that they can be listed, limited and ended. It does not say whether a
 * session is live: each one still has to be checked. Pure.
 */
import { utf8 } from '../../crypto/bytes.ts';

export interface SessionEntry {
  readonly sessionId: string;
  readonly createdAt: number;
  readonly endsAt: number;
  /** The device's name in the list of devices. */
  readonly label: string;
}

export type Admission =
  /** `evicted`: to be ended before the new session begins, oldest first. */
  | { readonly kind: 'admitted'; readonly entries: readonly SessionEntry[]; readonly evicted: readonly string[] }
  | { readonly kind: 'full' };

export const liveEntries = (
  entries: readonly SessionEntry[],
  ended: ReadonlySet<string>,
  now: number,
): readonly SessionEntry[] => entries.filter(({ sessionId, endsAt }) => now < endsAt && !ended.has(sessionId));

/** `ended`: sessions that were checked and are not live. */
export function admit(
  entries: readonly SessionEntry[],
  added: SessionEntry,
  limit: { readonly perSubject: number; readonly onLimit: 'evict-oldest' | 'refuse' },
  ended: ReadonlySet<string>,
  now: number,
): Admission {
  const live = [...liveEntries(entries, ended, now)].sort((a, b) => a.createdAt - b.createdAt);
  const over = live.length + 1 - limit.perSubject;
  if (over <= 0) return { kind: 'admitted', entries: [...live, added], evicted: [] };
  if (limit.onLimit === 'refuse') return { kind: 'full' };
  return {
    kind: 'admitted',
    entries: [...live.slice(over), added],
    evicted: live.slice(0, over).map(({ sessionId }) => sessionId),
  };
}

/** A store keeps 390,000 characters (`store/rows.ts`), and sealing makes four of three bytes. */
const maxBytes = 280_000;
/** All of a name, the beginning of it, or nothing: 3,000 sessions without names fit. */
const labelLengths = [255, 24, 0];

/** Shortens the names where the index would be too long otherwise. */
export function formatIndex(entries: readonly SessionEntry[]): string {
  let text = '';
  for (const length of labelLengths) {
    text = JSON.stringify(
      entries.map(({ sessionId, createdAt, endsAt, label }) => [sessionId, createdAt, endsAt, label.slice(0, length)]),
    );
    if (utf8(text).length <= maxBytes) break;
  }
  return text;
}

export const parseIndex = (text: string): readonly SessionEntry[] =>
  (JSON.parse(text) as [string, number, number, string][]).map(([sessionId, createdAt, endsAt, label]) => ({
    sessionId,
    createdAt,
    endsAt,
    label,
  }));
