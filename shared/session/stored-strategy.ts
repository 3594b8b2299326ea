/** Sessions kept in a store: the client carries a handle, the record is the authority. */
import type { SessionSettings } from '../config/settings.ts';
import { sha256Base64url } from '../crypto/digest.ts';
import type { MacRing } from '../crypto/keys.ts';
import type { Sealer } from '../crypto/seal.ts';
import { mergeData } from './data.ts';
import { isFamily, newFamily, newSecret, readHandle, writeHandle } from './handle.ts';
import { type Content, openContent, sealContent, subjectKeyOf } from './record.ts';
import { createRemembered } from './remembered.ts';
import type { RecentRevocations } from './revocation.ts';
import type { Claims, RejectionReason, Session } from './session.ts';
import { createSnapshots, type Snapshot } from './snapshot.ts';
import type { Loaded, Store, StoreRecord } from './store.ts';
import { type Changed, type Need, type Recognised, StoreUnavailable, type Strategy } from './strategy.ts';
import { endedBy, idleEndOf, touchIntervalMs } from './timing.ts';

export interface StoredParts {
  readonly settings: SessionSettings;
  /** Keys of the data that origins are shown. */
  readonly shown: readonly string[];
  readonly store: Store;
  readonly ring: MacRing;
  readonly sealer: Sealer;
  readonly recent: RecentRevocations;
}

/** A cookie that our own MAC vouches for. */
interface Held {
  readonly family: string;
  readonly secret: string;
  readonly secretHash: string;
  readonly subjectKey: string | null;
  readonly snapshot: Snapshot;
  readonly stale: boolean;
}

interface Refusal {
  readonly reason: RejectionReason;
  /** The family lives on under another secret, which this client may be about to learn. */
  readonly replaced: boolean;
}

/** The cookie with its name stays under this, and cookie plus pin under the 3,500 bytes we may add to a request. */
const longestValue = 3_000;
/** Data lives in the store, sealed; DynamoDB's item is 400 kB, and nobody's session should come near it. */
const longestDataBytes = 64 * 1024;
/** A revocation outlives whatever it revokes by this: clocks differ, and TTL collection is late anyway. */
const keepAfterEndMs = 3_600_000;
const saveAttempts = 5;

export function createStoredStrategy({ settings, shown, store, ring, sealer, recent }: StoredParts): Strategy {
  const snapshots = createSnapshots(ring);
  const remembered = createRemembered<Held>();
  const { idleMs } = settings;
  const touchEveryMs = touchIntervalMs(idleMs);

  async function read(value: string): Promise<Held | null> {
    const known = remembered.get(value);
    if (known) return known;
    const handle = readHandle(value);
    if (!handle) return null;
    const opened = await snapshots.open(handle.snapshot, handle.locator, handle.secret);
    if (!opened) return null;
    const [secretHash, subjectKey] = await Promise.all([
      sha256Base64url(handle.secret),
      subjectKeyOf(opened.snapshot.subject),
    ]);
    const held = { family: handle.locator, secret: handle.secret, secretHash, subjectKey, ...opened };
    remembered.set(value, held);
    return held;
  }

  async function write(family: string, secret: string, snapshot: Snapshot): Promise<string | null> {
    const value = writeHandle({ locator: family, secret, snapshot: await snapshots.sign(snapshot, family, secret) });
    return value.length <= longestValue ? value : null;
  }

  const sessionOf = (family: string, s: Snapshot): Session => ({
    family,
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

  const snapshotOf = (record: StoreRecord, content: Content, lastSeenAt: number, checkedAt: number): Snapshot => ({
    subject: content.subject,
    claims: content.claims,
    shownData: pick(content.data, shown),
    acr: content.acr,
    amr: content.amr,
    createdAt: record.createdAt,
    authenticatedAt: content.authenticatedAt,
    lastSeenAt,
    endsAt: record.endsAt,
    version: record.version,
    checkedAt,
  });

  const recentEnd = (held: Held): 'ended' | 'replaced' | null =>
    recent.isRetired(held.secretHash)
      ? 'replaced'
      : recent.endOf({ family: held.family, subjectKey: held.subjectKey, createdAt: held.snapshot.createdAt });

  /** What the authority says of a cookie: its record and content, or why it is refused. */
  async function ask(held: Held, now: number): Promise<{ record: StoreRecord; content: Content } | Refusal> {
    const { family, subjectKey, secretHash, snapshot } = held;
    const loaded = await store.load({ family, subjectKey, version: snapshot.version }, now);
    const record = liveRecord(loaded);
    if (record === null) return { reason: 'revoked', replaced: false };
    if (record.secretHash !== secretHash) return { reason: 'revoked', replaced: true };
    const ended = endedBy(
      { lastSeenAt: Math.max(record.lastSeenAt, snapshot.lastSeenAt), endsAt: record.endsAt },
      idleMs,
      now,
    );
    if (ended) return { reason: ended, replaced: false };
    const content = await openContent(sealer, record);
    return content ? { record, content } : { reason: 'invalid', replaced: false };
  }

  async function recognise(value: string, { now, freshnessMs, touch, safeMethod }: Need): Promise<Recognised> {
    const held = await read(value);
    if (!held) return { kind: 'rejected', reason: 'invalid', replaced: false };
    const over = recentEnd(held);
    if (over) return { kind: 'rejected', reason: 'revoked', replaced: over === 'replaced' };
    const { snapshot, family, subjectKey } = held;
    const endedHere = endedBy(snapshot, idleMs, now);
    if (endedHere === 'expired') return { kind: 'rejected', reason: 'expired', replaced: false };

    const age = now - snapshot.checkedAt;
    // An idle end by this copy may be contradicted by the record: another copy of the cookie can have been in use.
    const mustAsk = age >= freshnessMs || endedHere === 'idle';
    const touchDue = touch && now - snapshot.lastSeenAt >= touchEveryMs;
    if (!mustAsk && !touchDue) {
      return {
        kind: 'active',
        session: sessionOf(family, snapshot),
        renewed: held.stale ? await write(family, held.secret, snapshot) : null,
      };
    }

    try {
      let current = snapshot;
      if (mustAsk) {
        const answer = await ask(held, now);
        if ('reason' in answer) return { kind: 'rejected', ...answer };
        const lastSeenAt = Math.max(answer.record.lastSeenAt, snapshot.lastSeenAt);
        current = snapshotOf(answer.record, answer.content, lastSeenAt, now);
      }
      if (touchDue) {
        const touched = await store.touch({ family, subjectKey, version: current.version }, now, now);
        if (touched === 'ended') return { kind: 'rejected', reason: 'revoked', replaced: false };
        current = { ...current, lastSeenAt: now };
      }
      // On a route that always asks, a newer date of asking is worth nothing to the next request: no cookie for it.
      const worthWriting = touchDue || current.version !== snapshot.version || freshnessMs > 0 || held.stale;
      return {
        kind: 'active',
        session: sessionOf(family, current),
        renewed: worthWriting ? await write(family, held.secret, current) : null,
      };
    } catch (error) {
      const graceMs = safeMethod && freshnessMs > 0 ? settings.whenStoreIsDown.safeMethodsMs : 0;
      if (endedHere === null && freshnessMs > 0 && age < freshnessMs + graceMs) {
        return { kind: 'active', session: sessionOf(family, snapshot), renewed: null };
      }
      return { kind: 'unavailable', because: reasonOf(error) };
    }
  }

  /** Puts the next version on top of the newest one, as often as somebody else gets there first. */
  async function change(
    locate: { family: string; subjectKey?: string | null; version?: number },
    now: number,
    ifVersion: number | null,
    next: (record: StoreRecord, content: Content) => { content: Content; secretHash: string } | null,
  ): Promise<{ record: StoreRecord; content: Content } | 'too-large' | 'conflict' | 'ended'> {
    for (let attempt = 0; attempt < saveAttempts; attempt++) {
      const before = await guarded(() => store.load(locate, now));
      const record = liveRecord(before);
      const content = record && (await openContent(sealer, record));
      if (!record || !content) return 'ended';
      if (ifVersion !== null && record.version !== ifVersion) return 'conflict';
      const wanted = next(record, content);
      if (wanted === null || JSON.stringify(wanted.content.data).length > longestDataBytes) return 'too-large';
      const version = record.version + 1;
      const sealed = await sealContent(sealer, wanted.content, record.family, version);
      const saved: StoreRecord = {
        ...record,
        version,
        secretHash: wanted.secretHash,
        lastSeenAt: Math.max(record.lastSeenAt, now),
        sealed,
      };
      const outcome = await guarded(() => store.save(saved, now));
      if (outcome === 'saved') return { record: saved, content: wanted.content };
      if (outcome === 'ended') return 'ended';
    }
    return 'conflict';
  }

  async function changeOwn(
    session: Session,
    value: string,
    now: number,
    ifVersion: number | null,
    secret: string | null,
    nextData: (data: Claims) => Claims,
  ): Promise<Changed> {
    const held = await read(value);
    if (!held || held.family !== session.family) return { kind: 'ended' };
    const { family, subjectKey } = held;
    const secretHash = secret === null ? held.secretHash : await sha256Base64url(secret);
    const outcome = await change({ family, subjectKey, version: session.version }, now, ifVersion, (record, content) =>
      // A secret that was replaced in the meantime must not come back with our save.
      record.secretHash === held.secretHash
        ? { content: { ...content, data: nextData(content.data) }, secretHash }
        : null,
    );
    if (typeof outcome === 'string') return { kind: outcome };
    if (secret !== null) recent.retireSecret(held.secretHash);
    const snapshot = snapshotOf(outcome.record, outcome.content, now, now);
    const next = await write(family, secret ?? held.secret, snapshot);
    return next === null
      ? { kind: 'too-large' }
      : { kind: 'changed', session: sessionOf(family, snapshot), value: next };
  }

  return {
    recognise,

    async begin(identity, now) {
      const family = newFamily();
      const secret = newSecret();
      const content: Content = {
        subject: identity.subject,
        claims: identity.claims,
        data: identity.data,
        acr: identity.acr,
        amr: identity.amr,
        label: identity.label,
        authenticatedAt: now,
      };
      if (JSON.stringify(content.data).length > longestDataBytes) return { kind: 'too-large' };
      const record: StoreRecord = {
        family,
        subjectKey: await subjectKeyOf(identity.subject),
        secretHash: await sha256Base64url(secret),
        version: 1,
        createdAt: now,
        lastSeenAt: now,
        endsAt: now + settings.absoluteMs,
        sealed: await sealContent(sealer, content, family, 1),
      };
      const snapshot = snapshotOf(record, content, now, now);
      const value = await write(family, secret, snapshot);
      if (value === null) return { kind: 'too-large' };
      if (!(await guarded(() => store.create(record, now)))) throw new Error('a new family was already there');
      return { kind: 'begun', session: sessionOf(family, snapshot), value };
    },

    async familyOf(value) {
      const held = await read(value);
      return held && { family: held.family, subject: held.snapshot.subject };
    },

    async end(family, why, now) {
      // First here: even when the store is down, this isolate lets nobody in with it again.
      recent.endFamily(family, why === 'superseded' ? 'replaced' : 'ended');
      await guarded(() =>
        store.revoke(family, { at: now, why, keepUntil: now + settings.absoluteMs + keepAfterEndMs }),
      );
    },

    async endSubject(subject, now) {
      const key = (await subjectKeyOf(subject)) as string;
      recent.endSubject(key, now);
      await guarded(() => store.revokeSubject(key, now, now + settings.absoluteMs + keepAfterEndMs));
    },

    update: (session, value, patch, ifVersion, now) =>
      changeOwn(session, value, now, ifVersion, null, (data) => mergeData(data, patch)),

    rotate: (session, value, now) => changeOwn(session, value, now, null, newSecret(), (data) => data),

    records: {
      async find(id, now) {
        if (!isFamily(id)) return null;
        const record = liveRecord(await guarded(() => store.load({ family: id }, now)));
        const content = record && (await openContent(sealer, record));
        if (!record || !content || endedBy(record, idleMs, now) === 'expired') return null;
        if (recent.endOf({ family: id, subjectKey: record.subjectKey, createdAt: record.createdAt })) return null;
        const session = sessionOf(id, snapshotOf(record, content, record.lastSeenAt, now));
        return { session, data: content.data, label: content.label };
      },
      async patch(id, patch, ifVersion, now) {
        if (!isFamily(id)) return { kind: 'ended' };
        const outcome = await change({ family: id }, now, ifVersion, (record, content) =>
          endedBy(record, idleMs, now) === 'expired'
            ? null
            : { content: { ...content, data: mergeData(content.data, patch) }, secretHash: record.secretHash },
        );
        if (typeof outcome === 'string') return { kind: outcome };
        const snapshot = snapshotOf(outcome.record, outcome.content, outcome.record.lastSeenAt, now);
        return { kind: 'changed', session: sessionOf(id, snapshot), value: null };
      },
    },
  };
}

/** The record, unless a fact ends it. */
function liveRecord({ record, revokedAt, subjectNotBefore }: Loaded): StoreRecord | null {
  if (!record || revokedAt !== null) return null;
  return subjectNotBefore !== null && record.createdAt <= subjectNotBefore ? null : record;
}

function pick(data: Claims, keys: readonly string[]): Claims {
  const shown: Record<string, unknown> = {};
  for (const key of keys) if (Object.hasOwn(data, key)) shown[key] = data[key];
  return shown;
}

async function guarded<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw new StoreUnavailable(reasonOf(error));
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? `${error.name}: ${error.message}` : 'unknown');
