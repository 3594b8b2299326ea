/**
 * The Store port on Workers KV: cheap and everywhere, eventually consistent, without compare-and-set.
 *
 * Records are immutable: each version has a key of its own, and the client's locator says which one it holds, so that
 * no replica and no cache can hand it an older one. Everything that KV cannot decide between two writers at the same
 * time is best effort here, and said so at its place; `docs/storage.md` has the rows and the limits.
 *
 * KV remembers at each location what it was asked for, misses included. Hence two rules: a write looks for its own key
 * by `list` and not by `get` (else this location would go on missing it), and `load` never asks for a version nobody
 * has told it of. Markers, subject facts and heads are asked for by every load: what is remembered of them may be
 * `cacheTtl` old, and that is part of the freshness a KV store promises.
 *
 * A KV call has no time limit of its own: whoever uses this store bounds it (`shared/session/store/bounded-store.ts`).
 */
import type { KVNamespace } from '@cloudflare/workers-types';
import { sha256Base64url } from '../../shared/crypto/digest.ts';
import type { Loaded, Locator, StoreRecord } from '../../shared/session/store/records.ts';
import {
  carryOver,
  type EndingFact,
  expiryMarginMs,
  isLive,
  isName,
  isVersion,
  laterFact,
  readEndingFact,
  readRecord,
  readRevokedAt,
  readSessionIndex,
  rowOf,
} from '../../shared/session/store/rows.ts';
import type { Store } from '../../shared/session/store/store.ts';

/** How old a location's copy may be; the least KV allows. With up to 60 s of propagation it stays inside 120 s of freshness. */
const cacheTtl = 30;

/** KV refuses a shorter life. */
const leastTtlSeconds = 60;

/** Ten digits, counted down: the newest of several versions is the first that `list` finds. */
const mostVersions = 9_999_999_999;
const countedDown = (version: number): string => String(mostVersions - version).padStart(10, '0');

const recordKey = (sessionId: string, version: number): string => recordPrefix(sessionId) + countedDown(version);
const recordPrefix = (sessionId: string): string => `s:${sessionId}:`;
const headKey = (sessionId: string): string => `h:${sessionId}`;
const markerKey = (sessionId: string): string => `r:${sessionId}`;
const subjectKeyOf = (subjectKey: string): string => `n:${subjectKey}`;
const everyoneKey = 'g:everyone';
const rosterPrefix = (subjectKey: string): string => `l:${subjectKey}:`;
/** A claim outlives a request that was broken off; by then nobody is taking the place any more. */
const claimMs = 10_000;
const mostClaims = 1_000;
const onceKey = async (key: string): Promise<string> => `o:${await sha256Base64url(key)}`;

const nothing: Loaded = { record: null, revokedAt: null, subjectNotBefore: null, everyoneNotBefore: null };

export function createKvStore(namespace: KVNamespace): Store {
  const get = async (keys: readonly string[]): Promise<(key: string | undefined) => string | null> => {
    const found = await namespace.get([...keys], { type: 'text', cacheTtl });
    return (key) => (key === undefined ? null : (found.get(key) ?? null));
  };

  /** The lifetime is relative: KV counts it on its own clock, which need not be the caller's. */
  const put = (
    key: string,
    value: unknown,
    metadata: object | null,
    fromMs: number,
    untilMs: number,
  ): Promise<void> => {
    const expirationTtl = Math.max(leastTtlSeconds, Math.ceil((untilMs - fromMs + expiryMarginMs) / 1000));
    return namespace.put(key, JSON.stringify(value), { expirationTtl, metadata });
  };

  /** The first key that begins so, without leaving a remembered miss behind. */
  const first = async (prefix: string): Promise<{ readonly name: string; readonly metadata?: unknown } | null> =>
    (await namespace.list({ prefix, limit: 1 })).keys[0] ?? null;

  const find = async (key: string): Promise<{ readonly metadata?: unknown } | null> => {
    const found = await first(key);
    return found?.name === key ? found : null;
  };

  /** 0 when there is none. */
  const newestListed = async (prefix: string): Promise<number> => {
    const found = await first(prefix);
    if (!found) return 0;
    const version = mostVersions - Number(found.name.slice(prefix.length));
    return isVersion(version) ? version : 0;
  };

  async function read({ sessionId, subjectKey, version }: Locator): Promise<Loaded> {
    if (!isName(sessionId)) return nothing;
    const asked = version ?? (await newestListed(recordPrefix(sessionId)));
    const exact = isVersion(asked) && asked <= mostVersions ? recordKey(sessionId, asked) : undefined;
    const marker = markerKey(sessionId);
    const head = headKey(sessionId);
    const subject = isName(subjectKey) ? subjectKeyOf(subjectKey) : undefined;
    const at = await get([exact, head, marker, everyoneKey, subject].filter((key) => key !== undefined));
    const revokedAt = readRevokedAt(parse(at(marker)));

    let record = recordAt(asked, at(exact), sessionId);
    const newest = parse(at(head));
    // A replaced secret must not live on in its old version: the head says where to look, once per save and location.
    if (isVersion(newest) && newest > asked && newest <= mostVersions) {
      const newer = recordKey(sessionId, newest);
      record = recordAt(newest, (await get([newer]))(newer), sessionId) ?? record;
    }

    // The record, and not the caller, says whose it is.
    const owner = record ? (record.subjectKey === null ? undefined : subjectKeyOf(record.subjectKey)) : subject;
    const fact = owner === undefined || owner === subject ? at(owner) : (await get([owner]))(owner);
    return {
      record,
      revokedAt,
      subjectNotBefore: readEndingFact(parse(fact))?.notBefore ?? null,
      everyoneNotBefore: readEndingFact(parse(at(everyoneKey)))?.notBefore ?? null,
    };
  }

  /** Places that are being taken in this isolate: KV itself lets two at once both have one. */
  const claims = new Map<string, { readonly value: string; readonly at: number }>();

  async function takenAt(place: string, now: number): Promise<string | null> {
    const found = await find(place);
    if (!found || !isKept(found.metadata, now)) return null;
    const held = parse((await get([place]))(place)) as { readonly value?: unknown } | null;
    // Taken is taken, even where this location cannot read yet by what.
    return typeof held?.value === 'string' ? held.value : '';
  }

  async function advanceNotBefore(key: string, said: EndingFact): Promise<void> {
    const known = readEndingFact((await find(key))?.metadata);
    const fact = laterFact(known, said);
    if (known && fact.notBefore === known.notBefore && fact.keepUntil === known.keepUntil) return;
    await put(key, fact, fact, said.notBefore, fact.keepUntil);
  }

  return {
    async create(record, now) {
      if ((await newestListed(recordPrefix(record.sessionId))) > 0) return false;
      await put(recordKey(record.sessionId, record.version), rowOf(record), null, now, record.endsAt);
      return true;
    },

    load: (locator) => read(locator),

    // A write per interval is what KV has not got, and a read here would cost what the answer is worth: the cookie
    // carries the activity, and the next load tells of a revocation.
    touch: async () => 'unwritten',

    async save(record, now) {
      const { sessionId, version } = record;
      const [loaded, newest] = await Promise.all([
        read({ sessionId, subjectKey: record.subjectKey, version: version - 1 }),
        newestListed(recordPrefix(sessionId)),
      ]);
      if (loaded.revokedAt !== null || (loaded.record && !isLive(loaded))) return 'ended';
      if (!loaded.record) return newest === 0 ? 'ended' : 'conflict';
      const { endsAt } = loaded.record;
      if (newest >= version || loaded.record.version >= version) {
        // Whoever lost the race reads again, and shall find the winner even if the winner's second write was lost.
        await put(headKey(sessionId), Math.max(newest, loaded.record.version), null, now, endsAt);
        return 'conflict';
      }
      // Two at once from different places both get here; the last write is the one that stays.
      await put(recordKey(sessionId, version), rowOf(carryOver(loaded.record, record)), null, now, endsAt);
      await put(headKey(sessionId), version, null, now, endsAt);
      return 'saved';
    },

    async revoke(sessionId, revocation) {
      if (await find(markerKey(sessionId))) return;
      await put(markerKey(sessionId), revocation, null, revocation.at, revocation.keepUntil);
    },

    revokeSubject: (subjectKey, notBefore, keepUntil) =>
      advanceNotBefore(subjectKeyOf(subjectKey), { notBefore, keepUntil }),

    revokeEveryone: (notBefore, keepUntil) => advanceNotBefore(everyoneKey, { notBefore, keepUntil }),

    async loadSessionIndex(subjectKey) {
      const revision = await newestListed(rosterPrefix(subjectKey));
      if (revision === 0) return { revision, sealed: null };
      const key = rosterPrefix(subjectKey) + countedDown(revision);
      return { revision, sealed: readSessionIndex(parse((await get([key]))(key))).sealed };
    },

    // Two at once from different places both get here, and one of their entries is lost.
    async saveSessionIndex(subjectKey, sealed, onRevision, keepUntil, now) {
      if ((await newestListed(rosterPrefix(subjectKey))) !== onRevision) return false;
      const revision = onRevision + 1;
      await put(rosterPrefix(subjectKey) + countedDown(revision), { revision, sealed }, null, now, keepUntil);
      return true;
    },

    readOnce: async (key, now) => takenAt(await onceKey(key), now),

    async claimOnce(key, value, keepUntil, now) {
      // Of several in this isolate the first has it from here on, before anybody has been asked.
      const claimed = claims.get(key);
      if (claimed && now - claimed.at < claimMs) return claimed.value;
      if (claims.size >= mostClaims) claims.clear();
      claims.set(key, { value, at: now });
      try {
        const place = await onceKey(key);
        const taken = await takenAt(place, now);
        if (taken === null) await put(place, { value }, { keepUntil }, now, keepUntil);
        return taken;
      } finally {
        claims.delete(key);
      }
    },

    check: async () => {
      await get(['check']);
    },
  };
}

/** A record under another version's key is not this version, and could be older than what the caller has seen. */
function recordAt(version: number, text: string | null, sessionId: string): StoreRecord | null {
  const record = readRecord(parse(text), sessionId);
  return record?.version === version ? record : null;
}

/** A place whose end cannot be read is a taken one: what happens once must not happen twice. */
function isKept(metadata: unknown, now: number): boolean {
  const keepUntil = (metadata as { readonly keepUntil?: unknown } | null | undefined)?.keepUntil;
  return typeof keepUntil !== 'number' || keepUntil >= now;
}

/** Text that is not JSON is something, and nothing we wrote. */
function parse(text: string | null): unknown {
  if (text === null) return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
