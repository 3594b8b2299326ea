/** Looks up the records of stored sessions, by id or by a credential. Throws in an outage of the store. */
import type { Claims } from '../session.ts';
import type { Loaded, Locator, StoreRecord } from '../store/records.ts';
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
  /** Sessions of one subject, in the order of their entries. `null`: not live. */
  findAll(
    entries: readonly SessionEntry[],
    subjectKey: string,
    now: number,
  ): Promise<readonly (OpenedSession | null)[]>;
  /** The ids of those sessions of the index that have ended. */
  findEnded(entries: readonly SessionEntry[], subjectKey: string, now: number): Promise<ReadonlySet<string>>;
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

  async function open(loaded: Loaded): Promise<OpenedSession | null> {
    const record = liveRecord(loaded, settings.absoluteMs);
    const content = record && (await openContent(sealer, record));
    return record && content && { record, content };
  }

  const load = async (locator: Locator, now: number): Promise<OpenedSession | null> =>
    open(await store.load(locator, now));

  const unlessEnded = (found: OpenedSession | null, now: number): OpenedSession | null =>
    found && !isEndedRecord(found.record, parts, now) ? found : null;

  const loadAll = (entries: readonly SessionEntry[], subjectKey: string, now: number): Promise<readonly Loaded[]> =>
    store.loadAll(
      subjectKey,
      entries.map(({ sessionId }) => sessionId),
      now,
    );

  async function isEnded({ sessionId, createdAt }: SessionEntry, loaded: Loaded, now: number): Promise<boolean> {
    if (now - createdAt > creationWindowMs) return unlessEnded(await open(loaded), now) === null;
    // Entered a moment ago: a session without a record is about to get it, and counts as live.
    return isEndedByFact(loaded, createdAt) || recent.endOf({ sessionId, subjectKey: null, createdAt }) !== null;
  }

  return {
    load,

    find: async (id, now) => (isSessionId(id) ? unlessEnded(await load({ sessionId: id }, now), now) : null),

    async findAll(entries, subjectKey, now) {
      const loaded = await loadAll(entries, subjectKey, now);
      return Promise.all(loaded.map(async (one) => unlessEnded(await open(one), now)));
    },

    async findEnded(entries, subjectKey, now) {
      const loaded = await loadAll(entries, subjectKey, now);
      const ended = await Promise.all(entries.map((entry, i) => isEnded(entry, loaded[i] as Loaded, now)));
      return new Set(entries.filter((_, i) => ended[i]).map(({ sessionId }) => sessionId));
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
