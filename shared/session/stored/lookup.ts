/** Looks up the records of stored sessions, by id or by a credential. Throws in an outage of the store. */
import type { Claims } from '../session.ts';
import type { Locator, StoreRecord } from '../store/records.ts';
import { isEndedByFact } from '../store/rows.ts';
import type { SessionEntry } from '../strategy/session-index.ts';
import { endedBy } from '../timing.ts';
import type { Credential } from './cookie/credentials.ts';
import { isSessionId } from './cookie/handle.ts';
import { liveRecord } from './mapping.ts';
import type { StoredParts } from './parts.ts';
import { type Content, openContent } from './record.ts';
import { judgeSecret } from './rotation.ts';

export interface OpenedSession {
  readonly record: StoreRecord;
  readonly content: Content;
}

export interface Lookup {
  /** `null`: not there, not live, or sealed under a key that was removed. Does not judge whether the session is idle. */
  load(locator: Locator, now: number): Promise<OpenedSession | null>;
  /** A live session. */
  find(id: string, now: number): Promise<OpenedSession | null>;
  /** Whether a session in the index has ended. */
  isEnded(entry: SessionEntry, now: number): Promise<boolean>;
  dataOf(credential: Credential, now: number): Promise<Claims>;
  /** Whether the credential's secret is still the current or the next one. */
  hasCurrentSecret(credential: Credential, now: number): Promise<boolean>;
}

/** The most time between a session's entry in the index and its record: a few calls of the store, each with its time-out. */
const creationWindowMs = 60_000;

/** A cookie that was written before there was a record has no version: the newest counts. */
export const locatorOf = ({ sessionId, subjectKey, snapshot: { recordVersion } }: Credential): Locator => ({
  sessionId,
  subjectKey,
  ...(recordVersion > 0 ? { version: recordVersion } : {}),
});

/** A store that leaves activity to the cookie knows only the absolute end of a session that is asked for by id. */
export function isEndedRecord(record: StoreRecord, { settings, traits, recent }: StoredParts, now: number): boolean {
  const ended = endedBy(record, settings.idleMs, now);
  return ended === 'expired' || (ended === 'idle' && traits.notesActivity) || recent.endOf(record) !== null;
}

export function createLookup(parts: StoredParts): Lookup {
  const { settings, store, sealer, recent } = parts;

  async function load(locator: Locator, now: number): Promise<OpenedSession | null> {
    const record = liveRecord(await store.load(locator, now), settings.absoluteMs);
    const content = record && (await openContent(sealer, record));
    return record && content && { record, content };
  }

  async function find(id: string, now: number): Promise<OpenedSession | null> {
    const found = isSessionId(id) ? await load({ sessionId: id }, now) : null;
    return found && !isEndedRecord(found.record, parts, now) ? found : null;
  }

  return {
    load,
    find,

    async isEnded({ sessionId, createdAt }, now) {
      if (now - createdAt > creationWindowMs) return (await find(sessionId, now)) === null;
      // Entered a moment ago: a session without a record is about to get it, and counts as live.
      const loaded = await store.load({ sessionId }, now);
      return isEndedByFact(loaded, createdAt) || recent.endOf({ sessionId, subjectKey: null, createdAt }) !== null;
    },

    dataOf: async (credential, now) => (await load(locatorOf(credential), now))?.content.data ?? {},

    async hasCurrentSecret({ sessionId, subjectKey, secretHash, snapshot }, now) {
      const found = await load({ sessionId, subjectKey, version: snapshot.recordVersion }, now);
      if (!found) return false;
      const shown = { generation: snapshot.generation, secretHash, by: snapshot.atLogin };
      const { kind } = judgeSecret(found.content.chain, shown, settings.rotate.graceMs, now);
      return kind === 'current' || kind === 'advance';
    },
  };
}
