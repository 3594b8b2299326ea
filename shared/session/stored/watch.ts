/**
 * Checks a stored session again while a connection that it opened is alive. The secret does not matter: the browser rotates
 * its cookie while the socket was opened with the old one, and that is no reuse.
 */

import type { RejectionReason, Session } from '../session.ts';
import type { Loaded } from '../store/records.ts';
import { endedAtOf } from '../store/rows.ts';
import { reasonOf } from '../store/unavailable.ts';
import type { SessionWatch, WatchResult } from '../strategy/authentication.ts';
import { endedBy } from '../timing.ts';
import type { Credential, Credentials } from './cookie/credentials.ts';
import { sessionFrom, snapshotFrom, withinAbsolute } from './mapping.ts';
import type { StoredParts } from './parts.ts';
import { openContent } from './record.ts';

export type WatchParts = Pick<StoredParts, 'settings' | 'shown' | 'store' | 'traits' | 'sealer' | 'recent'>;

export async function watchStored(
  parts: WatchParts,
  credentials: Credentials,
  value: string,
): Promise<SessionWatch | null> {
  const credential = await credentials.read(value);
  return credential && watchFor(parts, credential);
}

function watchFor(parts: WatchParts, { sessionId, subjectKey, snapshot }: Credential): SessionWatch {
  const { settings, shown, store, traits, sealer, recent } = parts;
  const { idleMs } = settings;
  const { createdAt, endsAt } = snapshot;
  let confirmedAt = snapshot.checkedAt;
  let { recordVersion } = snapshot;

  const isOverHere = (): boolean => recent.endOf({ sessionId, subjectKey, createdAt }) !== null;

  async function look(now: number): Promise<WatchResult> {
    if (isOverHere()) return ended('revoked');
    if (now >= endsAt) return ended('expired');
    try {
      // An anonymous session that had no record when the connection began may have one now.
      const version = recordVersion > 0 ? { version: recordVersion } : {};
      return await judge(await store.load({ sessionId, subjectKey, ...version }, now), now);
    } catch (error) {
      return { kind: 'unknown', because: reasonOf(error) };
    }
  }

  async function judge(loaded: Loaded, now: number): Promise<WatchResult> {
    const record = loaded.record && withinAbsolute(loaded.record, settings.absoluteMs);
    if (endedAtOf(loaded, createdAt) !== null) return ended('revoked');
    if (record === null) {
      if (recordVersion === 0) return live(sessionFrom(sessionId, snapshot, idleMs), now);
      const mayArrive = now - confirmedAt < traits.maxLagMs;
      return mayArrive
        ? { kind: 'unknown', because: 'the record may not have arrived at this location' }
        : ended('revoked');
    }
    const lastSeenAt = Math.max(record.lastSeenAt, snapshot.lastSeenAt);
    const over = endedBy({ lastSeenAt, endsAt: record.endsAt }, idleMs, now);
    if (over === 'expired' || (over === 'idle' && traits.notesActivity)) return ended(over);
    const content = await openContent(sealer, record);
    if (!content) return ended('invalid');
    recordVersion = record.version;
    const current = snapshotFrom(record, content, shown, { ...snapshot, lastSeenAt });
    return live(sessionFrom(sessionId, current, idleMs), now);
  }

  function live(session: Session, now: number): WatchResult {
    confirmedAt = now;
    return { kind: 'live', session };
  }

  return { isOverHere, look };
}

const ended = (reason: RejectionReason): WatchResult => ({ kind: 'ended', reason });
