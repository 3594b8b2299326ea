/**
 * The Store port on DynamoDB, for both doors. Reads are strongly consistent, every write has a condition, and nothing depends
 * on the table's TTL. `docs/storage.md` lists the items.
 *
 * A condition sees only the item that is written, and a revocation is an item of its own. So the facts are read before a session
 * is written, and a revocation is also noted on the items of the session, where conditions of later writes see it. One gap
 * remains: if a fact is written between that read and the write, the answer is 'touched' or 'saved' although the session has
 * just ended. That is harmless, because no write removes a fact, and the next load reads all facts and refuses the session.
 */
import { newWriteId } from '../crypto/write-id.ts';
import { isCount } from '../http/json.ts';
import type { Loaded, Locator, StoreRecord } from '../session/store/records.ts';
import {
  carryOver,
  isLive,
  isName,
  readEarlierEnd,
  readEndingFact,
  readRecord,
  readRevokedAt,
  readSessionIndex,
} from '../session/store/rows.ts';
import type { Store } from '../session/store/store.ts';
import { createEveryone, everyoneCopies } from './everyone.ts';
import { type Item, type Items, maxKeysOfRead } from './items.ts';
import { advanceNotBefore } from './not-before.ts';
import { createOnceKeys } from './once-keys.ts';
import {
  activityItem,
  checkItem,
  markerItem,
  maxWriteAttempts,
  sessionIndexItem,
  sessionItem,
  subjectItem,
  ttl,
} from './rows.ts';

/** What was read, and the id of the write that made the record. */
interface Seen extends Loaded {
  readonly writeId: unknown;
}

const empty: Loaded = { record: null, revokedAt: null, subjectNotBefore: null, everyoneNotBefore: null };
/** A read has three items of each session, and the facts about everyone and the subject. */
const sessionsOfRead = Math.floor((maxKeysOfRead - 3) / 3);

/** `copies` of everyone's not-before time: fewer in the model checker, which walks every order of their writes. */
export function createStoreOnItems(items: Items, copies = everyoneCopies): Store {
  const everyone = createEveryone(items, copies);
  /** The last load. The next write of the same request uses it and need not read the facts again. */
  let justLoaded: { readonly sessionId: string; readonly now: number; readonly seen: Seen } | null = null;

  /** At most `sessionsOfRead` sessions in one round trip; one more for the subjects that the caller did not know. */
  async function readAll(
    sessionIds: readonly string[],
    subjectKey: string | null | undefined,
    now: number,
  ): Promise<Seen[]> {
    const [first] = sessionIds;
    if (first === undefined) return [];
    const asked = isName(subjectKey) ? subjectKey : null;
    const everyoneKeys = everyone.itemsFor(first, now);
    const subjectKeys = asked === null ? [] : [subjectItem(asked)];
    const found = await items.read([
      ...everyoneKeys,
      ...subjectKeys,
      ...sessionIds.flatMap((id) => [sessionItem(id), markerItem(id), activityItem(id)]),
    ]);
    const everyoneNotBefore = everyone.notBeforeIn(found.slice(0, everyoneKeys.length), now);
    const sessionsAt = everyoneKeys.length + subjectKeys.length;
    const sessions = sessionIds.map((id, i) =>
      readSession(id, found.slice(sessionsAt + 3 * i, sessionsAt + 3 * i + 3)),
    );
    const facts = new Map([[asked, readEndingFact(found[everyoneKeys.length])?.notBefore ?? null]]);
    if (asked === null) facts.set(null, null);
    // The record decides which subject it belongs to, and not the caller.
    const owners = [...new Set(sessions.map(({ record }) => record?.subjectKey ?? null))];
    const unknown = owners.filter((owner) => owner !== null && !facts.has(owner)) as string[];
    if (unknown.length > 0) {
      const rows = await items.read(unknown.map(subjectItem));
      for (const [i, owner] of unknown.entries()) facts.set(owner, readEndingFact(rows[i])?.notBefore ?? null);
    }
    return sessions.map((session) => ({
      ...session,
      subjectNotBefore: facts.get(session.record ? session.record.subjectKey : asked) ?? null,
      everyoneNotBefore,
    }));
  }

  async function read({ sessionId, subjectKey, version = 0 }: Locator, now: number): Promise<Seen> {
    if (!isName(sessionId)) return { ...empty, writeId: null };
    const [seen] = (await readAll([sessionId], subjectKey, now)) as [Seen];
    return seen.record && seen.record.version < version ? { ...seen, record: null } : seen;
  }

  /** What this request has just loaded, if it was not used yet; otherwise a read. */
  async function facts(locator: Locator, now: number): Promise<Seen> {
    const last = justLoaded;
    justLoaded = null;
    return last?.sessionId === locator.sessionId && last.now === now ? last.seen : read(locator, now);
  }

  return {
    ...createOnceKeys(items),

    async create({ sessionId, ...record }, now) {
      justLoaded = null;
      const writeId = newWriteId();
      const item = { ...record, writeId, ...ttl(record.endsAt) };
      if (await items.put(sessionItem(sessionId), item, 'attribute_not_exists(PK)')) return true;
      return (await read({ sessionId }, now)).writeId === writeId;
    },

    async load(locator, now) {
      const seen = await read(locator, now);
      justLoaded = { sessionId: locator.sessionId, now, seen };
      return withoutWriteId(seen);
    },

    async loadAll(subjectKey, sessionIds, now) {
      const named = [...new Set(sessionIds.filter(isName))];
      const reads: Promise<Seen[]>[] = [];
      for (let at = 0; at < named.length; at += sessionsOfRead) {
        reads.push(readAll(named.slice(at, at + sessionsOfRead), subjectKey, now));
      }
      const seen = new Map((await Promise.all(reads)).flat().map((one, i) => [named[i], withoutWriteId(one)]));
      return sessionIds.map((id) => seen.get(id) ?? empty);
    },

    async touch(locator, lastSeenAt, now) {
      const seen = await facts(locator, now);
      if (!isLive(seen)) return 'ended';
      if (seen.record.lastSeenAt >= lastSeenAt) return 'touched';
      const written = await items.update(
        activityItem(locator.sessionId),
        { lastSeenAt, ...ttl(seen.record.endsAt) },
        'attribute_not_exists(revokedAt) AND NOT (:lastSeenAt <= lastSeenAt)',
      );
      // Refused: the session has ended, or another request has noted later activity.
      return written || isLive(await read(locator, now)) ? 'touched' : 'ended';
    },

    async save(record, now) {
      const writeId = newWriteId();
      const locator = { sessionId: record.sessionId, subjectKey: record.subjectKey };
      let seen = await facts(locator, now);
      for (let attempt = 1; attempt <= maxWriteAttempts; attempt++) {
        if (seen.writeId === writeId) return 'saved';
        if (!isLive(seen)) return 'ended';
        if (seen.record.version !== record.version - 1) return 'conflict';
        const { secretHash, version, lastSeenAt, sealed } = carryOver(seen.record, record);
        const written = await items.update(
          sessionItem(record.sessionId),
          { secretHash, version, lastSeenAt, sealed, writeId },
          'attribute_exists(PK) AND attribute_not_exists(revokedAt) AND #version = :seen AND lastSeenAt <= :lastSeenAt',
          { seen: seen.record.version },
        );
        if (written) return 'saved';
        seen = await read(locator, now);
      }
      throw new Error(`DynamoDB: gave up on a save after ${maxWriteAttempts} conflicting writes`);
    },

    async revoke(sessionId, { at, why, keepUntil, successor = null }) {
      justLoaded = null;
      const marker = markerItem(sessionId);
      const writeId = newWriteId();
      const row = { at, why, successor, writeId, ...ttl(keepUntil) };
      // The marker is the fact. The notes only make the conditions of later writes fail: one that fails is no failure.
      const [put] = await Promise.allSettled([
        items.put(marker, row, 'attribute_not_exists(PK)'),
        items.update(
          sessionItem(sessionId),
          { revokedAt: at },
          'attribute_exists(PK) AND attribute_not_exists(revokedAt)',
        ),
        items.update(activityItem(sessionId), { revokedAt: at, ...ttl(keepUntil) }, 'attribute_not_exists(revokedAt)'),
      ]);
      if (put.status === 'rejected') throw put.reason;
      if (put.value) return null;
      const [earlier] = await items.read([marker]);
      return earlier?.writeId === writeId ? null : readEarlierEnd(earlier ?? { at });
    },

    async revokeSubject(subjectKey, notBefore, keepUntil) {
      justLoaded = null;
      await advanceNotBefore(items, subjectItem(subjectKey), { notBefore, keepUntil });
    },

    async revokeEveryone(notBefore, keepUntil) {
      justLoaded = null;
      await everyone.revoke(notBefore, keepUntil);
    },

    loadSessionIndex: async (subjectKey) => readSessionIndex((await items.read([sessionIndexItem(subjectKey)]))[0]),

    async saveSessionIndex(subjectKey, sealed, onRevision, keepUntil) {
      const key = sessionIndexItem(subjectKey);
      const writeId = newWriteId();
      const row = { revision: onRevision + 1, sealed, writeId, ...ttl(keepUntil) };
      const written =
        onRevision === 0
          ? await items.update(key, row, 'NOT attribute_type(#revision, :number)', { number: 'N' })
          : await items.update(key, row, '#revision = :seen', { seen: onRevision });
      return written || (await items.read([key]))[0]?.writeId === writeId;
    },

    /** A sign-in puts, updates and reads. Each needs a permission of its own. A refused condition is permitted, too. */
    async check(now) {
      const isOlder = 'attribute_not_exists(PK) OR checkedAt < :checkedAt';
      const row = { checkedAt: now, ...ttl(now) };
      await Promise.all([
        items.read([checkItem('put')]),
        items.put(checkItem('put'), row, isOlder, { checkedAt: now }),
        items.update(checkItem('update'), row, isOlder),
      ]);
      return [];
    },

    sweep: async () => {},
  };
}

function readSession(sessionId: string, [session, marker, activity]: readonly (Item | null)[]): Seen {
  const record = readRecord(session && { ...session, family: sessionId }, sessionId);
  const notes = [session?.revokedAt, activity?.revokedAt].filter((at) => at !== undefined);
  return {
    ...empty,
    record: record && withActivity(record, activity?.lastSeenAt),
    revokedAt: readRevokedAt(marker) ?? readRevokedAt(notes.length === 0 ? null : { at: notes[0] }),
    writeId: session?.writeId,
  };
}

/** Versions before the activity item noted the activity on the session item. */
const withActivity = (record: StoreRecord, lastSeenAt: unknown): StoreRecord =>
  isCount(lastSeenAt) && lastSeenAt > record.lastSeenAt ? { ...record, lastSeenAt } : record;

function withoutWriteId({ writeId: _, ...loaded }: Seen): Loaded {
  return loaded;
}
