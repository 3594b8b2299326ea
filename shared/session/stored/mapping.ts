/** Converts a session between its three forms: the record, the snapshot in the cookie, and the `Session` that steps use. */

import type { Claims, Session } from '../session.ts';
import type { Loaded, StoreRecord } from '../store/records.ts';
import { isLive } from '../store/rows.ts';
import { absoluteEndOf, idleEndOf } from '../timing.ts';
import type { Snapshot } from './cookie/snapshot.ts';
import type { Content } from './record.ts';

export const sessionFrom = (sessionId: string, s: Snapshot, idleMs: number): Session => ({
  sessionId,
  subject: s.subject,
  claims: s.claims,
  shownData: s.shownData,
  acr: s.acr,
  amr: s.amr,
  createdAt: s.createdAt,
  authenticatedAt: s.authenticatedAt,
  lastSeenAt: s.lastSeenAt,
  idleEndsAt: idleEndOf(s, idleMs),
  endsAt: s.endsAt,
  version: s.version,
});

/** `shown`: the keys of the data that origins see. No other data leaves the store. */
export const snapshotFrom = (
  record: StoreRecord,
  content: Content,
  shown: readonly string[],
  cookie: Pick<Snapshot, 'lastSeenAt' | 'checkedAt' | 'generation' | 'rotatedAt' | 'pending' | 'successorKey'>,
): Snapshot => ({
  subject: content.subject,
  claims: content.claims,
  shownData: pick(content.data, shown),
  acr: content.acr,
  amr: content.amr,
  createdAt: record.createdAt,
  authenticatedAt: content.authenticatedAt,
  lastSeenAt: cookie.lastSeenAt,
  endsAt: record.endsAt,
  version: content.dataVersion,
  recordVersion: record.version,
  generation: cookie.generation,
  rotatedAt: cookie.rotatedAt,
  pending: cookie.pending,
  successorKey: cookie.successorKey,
  atLogin: content.atLogin,
  checkedAt: cookie.checkedAt,
});

/** The record, or `null` when an ending of the session, its subject or everyone is known. */
export const liveRecord = (loaded: Loaded, absoluteMs: number): StoreRecord | null =>
  isLive(loaded) ? withinAbsolute(loaded.record, absoluteMs) : null;

export function withinAbsolute<T extends { readonly createdAt: number; readonly endsAt: number }>(
  session: T,
  absoluteMs: number,
): T {
  const endsAt = absoluteEndOf(session, absoluteMs);
  return endsAt === session.endsAt ? session : { ...session, endsAt };
}

export function pick(data: Claims, keys: readonly string[]): Claims {
  const shown: Record<string, unknown> = {};
  for (const key of keys) if (Object.hasOwn(data, key)) shown[key] = data[key];
  return shown;
}
