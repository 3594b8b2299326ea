/**
 * The Store port on DynamoDB, for Lambda. Reads are strongly consistent, every write has a condition, and nothing depends on
 * the table's TTL. `docs/storage.md` lists the items.
 *
 * A condition sees only the item that is written, and a revocation is an item of its own. So the facts are read before a session
 * item is written, and a revocation is also noted on the session item, where conditions of later writes see it. One gap
 * remains: if a fact is written between that read and the write, the answer is 'touched' or 'saved' although the session has
 * just ended. That is harmless, because no write removes a fact, and the next load reads all facts and refuses the session.
 */
import type { Loaded, Locator } from '../../shared/session/store/records.ts';
import {
  carryOver,
  isLive,
  isName,
  readEarlierEnd,
  readEndingFact,
  readRecord,
  readRevokedAt,
  readSessionIndex,
} from '../../shared/session/store/rows.ts';
import type { Store } from '../../shared/session/store/store.ts';
import { newWriteId } from '../write-id.ts';
import { createItems, type Items, type ItemsOptions } from './items.ts';
import { advanceNotBefore } from './not-before.ts';
import { createOnceKeys } from './once-keys.ts';
import { everyoneItem, markerItem, maxWriteAttempts, sessionIndexItem, sessionItem, subjectItem, ttl } from './rows.ts';

/** What was read, and the id of the write that made the record. */
interface Seen extends Loaded {
  readonly writeId: unknown;
}

const empty: Loaded = { record: null, revokedAt: null, subjectNotBefore: null, everyoneNotBefore: null };

export const createDynamoDbStore = (options: ItemsOptions): Store => createStoreOnItems(createItems(options));

/** The model checker passes items of its own: two regions, and writes that arrive late. */
export function createStoreOnItems(items: Items): Store {
  /** The last load. The next write of the same request uses it and need not read the facts again. */
  let justLoaded: { readonly sessionId: string; readonly now: number; readonly seen: Seen } | null = null;

  async function read({ sessionId, subjectKey, version = 0 }: Locator): Promise<Seen> {
    if (!isName(sessionId)) return { ...empty, writeId: null };
    const asked = isName(subjectKey) ? subjectKey : null;
    const [session, marker, everyone, askedSubject] = await items.read([
      sessionItem(sessionId),
      markerItem(sessionId),
      everyoneItem,
      ...(asked === null ? [] : [subjectItem(asked)]),
    ]);
    const found = readRecord(session && { ...session, family: sessionId }, sessionId);
    const record = found && found.version >= version ? found : null;
    // The record decides which subject it belongs to, and not the caller.
    const owner = record ? record.subjectKey : asked;
    const subject =
      owner === null ? null : owner === asked ? askedSubject : (await items.read([subjectItem(owner)]))[0];
    return {
      record,
      revokedAt:
        readRevokedAt(marker) ?? readRevokedAt(session?.revokedAt === undefined ? null : { at: session.revokedAt }),
      subjectNotBefore: readEndingFact(subject)?.notBefore ?? null,
      everyoneNotBefore: readEndingFact(everyone)?.notBefore ?? null,
      writeId: session?.writeId,
    };
  }

  /** What this request has just loaded, if it was not used yet; otherwise a read. */
  async function facts(locator: Locator, now: number): Promise<Seen> {
    const last = justLoaded;
    justLoaded = null;
    return last?.sessionId === locator.sessionId && last.now === now ? last.seen : read(locator);
  }

  return {
    ...createOnceKeys(items),

    async create({ sessionId, ...record }) {
      justLoaded = null;
      const writeId = newWriteId();
      const item = { ...record, writeId, ...ttl(record.endsAt) };
      if (await items.put(sessionItem(sessionId), item, 'attribute_not_exists(PK)')) return true;
      return (await read({ sessionId })).writeId === writeId;
    },

    async load(locator, now) {
      const seen = await read(locator);
      justLoaded = { sessionId: locator.sessionId, now, seen };
      const { writeId: _, ...loaded } = seen;
      return loaded;
    },

    loadAll: (subjectKey, sessionIds) =>
      Promise.all(
        sessionIds.map(async (sessionId) => {
          const { writeId: _, ...loaded } = await read({ sessionId, subjectKey });
          return loaded;
        }),
      ),

    async touch(locator, lastSeenAt, now) {
      const seen = await facts(locator, now);
      if (!isLive(seen)) return 'ended';
      if (seen.record.lastSeenAt >= lastSeenAt) return 'touched';
      const written = await items.update(
        sessionItem(locator.sessionId),
        { lastSeenAt },
        'attribute_exists(PK) AND attribute_not_exists(revokedAt) AND lastSeenAt < :lastSeenAt',
      );
      // Refused: the session has ended, or another request has noted later activity.
      return written || isLive(await read(locator)) ? 'touched' : 'ended';
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
        seen = await read(locator);
      }
      throw new Error(`DynamoDB: gave up on a save after ${maxWriteAttempts} conflicting writes`);
    },

    async revoke(sessionId, { at, why, keepUntil, successor = null }) {
      justLoaded = null;
      const marker = markerItem(sessionId);
      const isFirst = await items.put(marker, { at, why, successor, ...ttl(keepUntil) }, 'attribute_not_exists(PK)');
      // The marker is the fact. This only makes the conditions of later writes fail, and creates no session item.
      await items.update(
        sessionItem(sessionId),
        { revokedAt: at },
        'attribute_exists(PK) AND attribute_not_exists(revokedAt)',
      );
      return isFirst ? null : readEarlierEnd((await items.read([marker]))[0] ?? { at });
    },

    async revokeSubject(subjectKey, notBefore, keepUntil) {
      justLoaded = null;
      await advanceNotBefore(items, subjectItem(subjectKey), { notBefore, keepUntil });
    },

    async revokeEveryone(notBefore, keepUntil) {
      justLoaded = null;
      await advanceNotBefore(items, everyoneItem, { notBefore, keepUntil });
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

    check: async () => {
      await items.read([{ PK: 'check', SK: 'A' }]);
      return [];
    },

    sweep: async () => {},
  };
}
