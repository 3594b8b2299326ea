/** Reads records and everything that may have ended them. */
import type { Loaded, Locator, StoreRecord } from '../../shared/session/store/records.ts';
import { isName, isVersion, readEndingFact, readRecord, readRevokedAt } from '../../shared/session/store/rows.ts';
import { everyoneKey, headKey, markerKey, notBeforeKey, recordKey, recordPrefix } from './keys.ts';
import { type KvRows, maxVersion } from './kv-rows.ts';

export interface KvReads {
  read(locator: Locator): Promise<Loaded>;
  /** In one call, and one more if one of the sessions was saved since it began. */
  readAll(subjectKey: string, sessionIds: readonly string[]): Promise<readonly Loaded[]>;
}

const empty: Loaded = { record: null, revokedAt: null, subjectNotBefore: null, everyoneNotBefore: null };

export function createKvReads({ get, newestVersion }: KvRows): KvReads {
  async function read({ sessionId, subjectKey, version }: Locator): Promise<Loaded> {
    if (!isName(sessionId)) return empty;
    const asked = version ?? (await newestVersion(recordPrefix(sessionId)));
    const exact = isReadable(asked) ? recordKey(sessionId, asked) : undefined;
    const marker = markerKey(sessionId);
    const head = headKey(sessionId);
    const subject = isName(subjectKey) ? notBeforeKey(subjectKey) : undefined;
    const at = await get([exact, head, marker, everyoneKey, subject].filter((key) => key !== undefined));
    const revokedAt = readRevokedAt(at(marker));

    let record = recordAt(asked, at(exact), sessionId);
    const newest = at(head);
    // A replaced secret must not stay valid in its old version. This read happens once per save and location.
    if (isReadable(newest) && newest > asked) {
      const newer = recordKey(sessionId, newest);
      record = recordAt(newest, (await get([newer]))(newer), sessionId) ?? record;
    }

    // The record decides which subject it belongs to, and not the caller.
    const owner = record ? ownerKey(record) : subject;
    const fact = owner === undefined || owner === subject ? at(owner) : (await get([owner]))(owner);
    return {
      record,
      revokedAt,
      subjectNotBefore: readEndingFact(fact)?.notBefore ?? null,
      everyoneNotBefore: readEndingFact(at(everyoneKey))?.notBefore ?? null,
    };
  }

  /** Heads say which versions there are; a listing for each session would cost ten times as much as all of this. */
  async function readAll(subjectKey: string, sessionIds: readonly string[]): Promise<readonly Loaded[]> {
    const named = sessionIds.filter(isName);
    if (named.length === 0) return sessionIds.map(() => empty);
    const subject = notBeforeKey(subjectKey);
    const at = await get([
      ...named.flatMap((id) => [recordKey(id, 1), headKey(id), markerKey(id)]),
      everyoneKey,
      ...(isName(subjectKey) ? [subject] : []),
    ]);
    const newestOf = (sessionId: string): number => {
      const head = at(headKey(sessionId));
      return isReadable(head) ? head : 1;
    };
    const saved = named.filter((id) => newestOf(id) > 1).map((id) => recordKey(id, newestOf(id)));
    const newer = saved.length > 0 ? await get(saved) : () => null;
    const records = new Map<string, StoreRecord | null>(
      named.map((id) => {
        const newest = newestOf(id);
        return [id, recordAt(newest, newer(recordKey(id, newest)), id) ?? recordAt(1, at(recordKey(id, 1)), id)];
      }),
    );

    // Sessions of other subjects, which are not to be expected.
    const owners = [...records.values()].flatMap((record) => (record ? (ownerKey(record) ?? []) : []));
    const others = owners.filter((key) => key !== subject);
    const ofOthers = others.length > 0 ? await get([...new Set(others)]) : () => null;
    const everyoneNotBefore = readEndingFact(at(everyoneKey))?.notBefore ?? null;
    return sessionIds.map((sessionId) => {
      if (!isName(sessionId)) return empty;
      const record = records.get(sessionId) ?? null;
      const owner = record ? ownerKey(record) : subject;
      const fact = owner === subject ? at(subject) : ofOthers(owner);
      return {
        record,
        revokedAt: readRevokedAt(at(markerKey(sessionId))),
        subjectNotBefore: readEndingFact(fact)?.notBefore ?? null,
        everyoneNotBefore,
      };
    });
  }

  return { read, readAll };
}

const isReadable = (version: unknown): version is number => isVersion(version) && version <= maxVersion;

const ownerKey = ({ subjectKey }: StoreRecord): string | undefined =>
  subjectKey === null ? undefined : notBeforeKey(subjectKey);

/** A record under another version's key is ignored: it could be older than what the caller has seen. */
function recordAt(version: number, value: unknown, sessionId: string): StoreRecord | null {
  const record = readRecord(value, sessionId);
  return record?.version === version ? record : null;
}
