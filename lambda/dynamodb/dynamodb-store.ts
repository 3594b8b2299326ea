/**
 * The Store port on DynamoDB: the authority of the Lambda door. Reads are strongly consistent, every write has a
 * condition, and expiry is never left to the table's TTL. `docs/storage.md` lists the items.
 *
 * A condition sees only the item it writes, and a revocation is an item of its own. So a session item is written after
 * its facts were read, and a family's revocation is also noted on the session item itself, where later conditions see
 * it. What remains: a fact may be written between that read and the write, and the answer is then 'touched' or 'saved'
 * for a session that has just ended. That is harmless, because no write here ever takes a fact away and every load
 * reads them all: the session is refused by the next one.
 */
import { base64url, randomBytes } from '../../shared/crypto/bytes.ts';
import { sha256Base64url } from '../../shared/crypto/digest.ts';
import type { Loaded, Locator } from '../../shared/session/store/records.ts';
import {
  carryOver,
  type EndingFact,
  expiryMarginMs,
  isLive,
  isName,
  laterFact,
  readEndingFact,
  readRecord,
  readRevokedAt,
  readSessionIndex,
} from '../../shared/session/store/rows.ts';
import type { Store } from '../../shared/session/store/store.ts';
import { createItems, type ItemKey, type Items, type ItemsOptions } from './items.ts';
import { ttlAttribute } from './table.ts';

/** What was read, and which write made the record. */
interface Seen extends Loaded {
  readonly writeId: unknown;
}

const nothing: Loaded = { record: null, revokedAt: null, subjectNotBefore: null, everyoneNotBefore: null };

/** Rounds of "read, decide, write on condition". Each lost round means that another writer got on; so many in a row is a fault. */
const maxRounds = 5;

const sessionItem = (sessionId: string): ItemKey => ({ PK: `F#${sessionId}`, SK: 'A' });
const markerItem = (sessionId: string): ItemKey => ({ PK: `F#${sessionId}`, SK: 'R' });
const subjectItem = (subjectKey: string): ItemKey => ({ PK: `U#${subjectKey}`, SK: 'A' });
const rosterItem = (subjectKey: string): ItemKey => ({ PK: `U#${subjectKey}`, SK: 'L' });
const everyoneItem: ItemKey = { PK: 'G', SK: 'E' };
const onceItem = async (key: string): Promise<ItemKey> => ({ PK: `O#${await sha256Base64url(key)}`, SK: 'A' });

const ttl = (untilMs: number) => ({ [ttlAttribute]: Math.ceil((untilMs + expiryMarginMs) / 1000) });

/**
 * Names one write. The SDK repeats a call whose reply was lost, and the repetition meets its own work; by this name it
 * is told from another writer's.
 */
const newWriteId = (): string => base64url(randomBytes(12));

export const createDynamoDbStore = (options: ItemsOptions): Store => createStoreOnItems(createItems(options));

/** For the model checker, which has items of its own: two regions, and writes that arrive late. */
export function createStoreOnItems(items: Items): Store {
  /** The last load, for the write that follows it in the same request: it need not read the facts again. */
  let justLoaded: { readonly sessionId: string; readonly now: number; readonly seen: Seen } | null = null;

  async function read({ sessionId, subjectKey, version = 0 }: Locator): Promise<Seen> {
    if (!isName(sessionId)) return { ...nothing, writeId: null };
    const asked = isName(subjectKey) ? subjectKey : null;
    const [session, marker, everyone, askedSubject] = await items.read([
      sessionItem(sessionId),
      markerItem(sessionId),
      everyoneItem,
      ...(asked === null ? [] : [subjectItem(asked)]),
    ]);
    const found = readRecord(session && { ...session, family: sessionId }, sessionId);
    const record = found && found.version >= version ? found : null;
    // The record, and not the caller, says whose it is.
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

  /** What this very request has loaded, once; else what the table says. */
  async function facts(locator: Locator, now: number): Promise<Seen> {
    const last = justLoaded;
    justLoaded = null;
    return last?.sessionId === locator.sessionId && last.now === now ? last.seen : read(locator);
  }

  /** Keeps the later of what is there and what was said. */
  async function advanceNotBefore(key: ItemKey, said: EndingFact): Promise<void> {
    justLoaded = null;
    const row = (fact: EndingFact) => ({ ...fact, ...ttl(fact.keepUntil) });
    const ahead = 'attribute_not_exists(PK) OR (#notBefore < :notBefore AND #keepUntil <= :keepUntil)';
    if (await items.update(key, row(said), ahead)) return;
    // Something there is later than what was said: keep the later of each, on top of exactly what was read.
    for (let round = 1; round <= maxRounds; round++) {
      const known = readEndingFact((await items.read([key]))[0]);
      const fact = laterFact(known, said);
      if (known && fact.notBefore === known.notBefore && fact.keepUntil === known.keepUntil) return;
      const written = known
        ? await items.update(key, row(fact), '#notBefore = :seen AND #keepUntil = :seenUntil', {
            seen: known.notBefore,
            seenUntil: known.keepUntil,
          })
        : await items.update(
            key,
            row(fact),
            'NOT (attribute_type(#notBefore, :number) AND attribute_type(#keepUntil, :number))',
            { number: 'N' },
          );
      if (written) return;
    }
    throw new Error('DynamoDB: a fact found no quiet moment');
  }

  return {
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

    async touch(locator, lastSeenAt, now) {
      const seen = await facts(locator, now);
      if (!isLive(seen)) return 'ended';
      if (seen.record.lastSeenAt >= lastSeenAt) return 'touched';
      const written = await items.update(
        sessionItem(locator.sessionId),
        { lastSeenAt },
        'attribute_exists(PK) AND attribute_not_exists(revokedAt) AND lastSeenAt < :lastSeenAt',
      );
      // Refused: ended in the meantime, or somebody else has been more active.
      return written || isLive(await read(locator)) ? 'touched' : 'ended';
    },

    async save(record, now) {
      const writeId = newWriteId();
      const locator = { sessionId: record.sessionId, subjectKey: record.subjectKey };
      let seen = await facts(locator, now);
      for (let round = 1; round <= maxRounds; round++) {
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
      throw new Error('DynamoDB: a save found no quiet moment');
    },

    async revoke(sessionId, { at, why, keepUntil }) {
      justLoaded = null;
      await items.put(markerItem(sessionId), { at, why, ...ttl(keepUntil) }, 'attribute_not_exists(PK)');
      // The marker is the fact; this makes the conditions of later writes fail. A family never seen stays unseen.
      await items.update(
        sessionItem(sessionId),
        { revokedAt: at },
        'attribute_exists(PK) AND attribute_not_exists(revokedAt)',
      );
    },

    revokeSubject: (subjectKey, notBefore, keepUntil) =>
      advanceNotBefore(subjectItem(subjectKey), { notBefore, keepUntil }),

    revokeEveryone: (notBefore, keepUntil) => advanceNotBefore(everyoneItem, { notBefore, keepUntil }),

    loadSessionIndex: async (subjectKey) => readSessionIndex((await items.read([rosterItem(subjectKey)]))[0]),

    async saveSessionIndex(subjectKey, sealed, onRevision, keepUntil) {
      const key = rosterItem(subjectKey);
      const writeId = newWriteId();
      const row = { revision: onRevision + 1, sealed, writeId, ...ttl(keepUntil) };
      const written =
        onRevision === 0
          ? await items.update(key, row, 'NOT attribute_type(#revision, :number)', { number: 'N' })
          : await items.update(key, row, '#revision = :seen', { seen: onRevision });
      return written || (await items.read([key]))[0]?.writeId === writeId;
    },

    async readOnce(key, now) {
      const [place] = await items.read([await onceItem(key)]);
      if (!place || (typeof place.keepUntil === 'number' && place.keepUntil < now)) return null;
      return typeof place.value === 'string' ? place.value : '';
    },

    async claimOnce(key, value, keepUntil, now) {
      const place = await onceItem(key);
      const writeId = newWriteId();
      // An end that cannot be read is no end: what happens once must not happen twice.
      const empty = 'attribute_not_exists(PK) OR keepUntil < :now';
      for (let round = 1; round <= maxRounds; round++) {
        if (await items.put(place, { value, keepUntil, writeId, ...ttl(keepUntil) }, empty, { now })) return null;
        const [taken] = await items.read([place]);
        if (taken?.writeId === writeId) return null;
        if (taken) return typeof taken.value === 'string' ? taken.value : '';
      }
      throw new Error('DynamoDB: a place was taken and empty by turns');
    },

    check: async () => {
      await items.read([{ PK: 'check', SK: 'A' }]);
    },
  };
}
