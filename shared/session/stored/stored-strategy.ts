/** Stored sessions: the store has the record, the client a handle to it. */
import type { SessionSettings } from '../../config/settings.ts';
import type { StoreTraits } from '../../config/stores.ts';
import { sha256Base64url } from '../../crypto/digest.ts';
import type { KeyRing } from '../../crypto/key-ring.ts';
import type { Sealer } from '../../crypto/seal.ts';
import type { EmitEvent } from '../events.ts';
import type { Fingerprint } from '../request/fingerprint.ts';
import type { Claims, Identity } from '../session.ts';
import type { EndReason } from '../store/endings.ts';
import type { StoreRecord } from '../store/records.ts';
import { inFlightMs, type RevocationCache } from '../store/revocation-cache.ts';
import { isEndedByFact } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import type { Device } from '../strategy/directory.ts';
import type { Begun } from '../strategy/lifecycle.ts';
import { type Candidate, selectCandidates } from '../strategy/select-credentials.ts';
import type { SessionEntry } from '../strategy/session-index.ts';
import { createSessionLimit } from '../strategy/session-limit.ts';
import type { Strategy } from '../strategy/strategy.ts';
import { endedBy } from '../timing.ts';
import { createRecognition } from './authenticate.ts';
import { type Credential, createCredentials } from './cookie/credentials.ts';
import { isSessionId, newSecret, newSessionId } from './cookie/handle.ts';
import { isAheadOfUs, type Snapshot } from './cookie/snapshot.ts';
import { liveRecord, sessionFrom, snapshotFrom } from './mapping.ts';
import type { NextSecrets } from './next-secret.ts';
import { type Content, openContent, sealContent, subjectKeyOf } from './record.ts';
import { initialSecretState, judgeSecret } from './rotation.ts';
import { createUpdates, dataFits } from './update.ts';
import { watchStored } from './watch.ts';

export interface StoredParts {
  readonly settings: SessionSettings;
  /** The keys of the data that origins see. */
  readonly shown: readonly string[];
  readonly store: Store;
  readonly traits: StoreTraits;
  readonly ring: KeyRing;
  readonly sealer: Sealer;
  readonly nextSecrets: NextSecrets;
  readonly recent: RevocationCache;
  readonly emit: EmitEvent;
  /** See `size.ts`. */
  readonly maxValueLength?: number;
}

/** The most time between a session's entry in the index and its record: a few calls of the store, each with its time-out. */
const creationWindowMs = 60_000;

/** A revocation is kept this much longer than what it revokes, because clocks differ. */
const expiryMarginMs = 3_600_000;

export function createStoredStrategy(parts: StoredParts): Strategy {
  const { settings, shown, store, traits, sealer, recent, nextSecrets: successors, emit: tell } = parts;
  const { idleMs } = settings;
  const credentials = createCredentials(parts.ring, parts.maxValueLength, settings.absoluteMs);
  const { update, rotate, patch } = createUpdates(parts, credentials, materialise);
  const admissions = createSessionLimit(settings, store, sealer, async (_, entries, now) => {
    const looked = await Promise.all(entries.map((entry) => isOver(entry, now)));
    return new Set(entries.filter((_entry, i) => looked[i]).map(({ sessionId }) => sessionId));
  });

  const keepUntil = (now: number): number => now + settings.absoluteMs + expiryMarginMs;
  const revoke = (sessionId: string, why: EndReason, now: number): Promise<void> =>
    store.revoke(sessionId, { at: now, why, keepUntil: keepUntil(now) });

  const contentOf = (
    identity: Identity | null,
    data: Claims,
    client: Fingerprint,
    secretHash: string,
    successorKey: string,
    now: number,
  ): Content => ({
    subject: identity?.subject ?? null,
    claims: identity?.claims ?? {},
    data,
    acr: identity?.acr ?? null,
    amr: identity?.amr ?? [],
    label: identity?.label ?? null,
    authenticatedAt: now,
    dataVersion: 1,
    chain: initialSecretState(secretHash, now),
    successorKey,
    atLogin: client,
  });

  const firstSnapshot = (record: StoreRecord, content: Content, now: number): Snapshot =>
    snapshotFrom(record, content, shown, {
      lastSeenAt: now,
      checkedAt: now,
      generation: 1,
      rotatedAt: now,
      pending: false,
      successorKey: content.successorKey,
    });

  interface Plan {
    readonly identity: Identity | null;
    readonly data: Claims;
    readonly client: Fingerprint;
    readonly device: string;
    readonly createdAt: number;
    readonly authenticatedAt: number;
    readonly endsAt: number;
    /** The subject's session that it replaces. That one does not count for the limit. */
    readonly replaces: string | null;
  }

  /** Begins a session. Without a subject and without data it has no record yet: the cookie alone keeps it. */
  async function createSession(plan: Plan): Promise<Begun> {
    const { identity, data, client, device, createdAt, authenticatedAt, endsAt, replaces } = plan;
    if (!dataFits(data)) return { kind: 'too-large' };
    const [sessionId, secret] = [newSessionId(), newSecret()];
    const [secretHash, key] = [await sha256Base64url(secret), await successors.keyName()];
    const content = { ...contentOf(identity, data, client, secretHash, key, createdAt), authenticatedAt };
    const isStored = identity !== null || Object.keys(data).length > 0;
    const version = isStored ? 1 : 0;
    const subjectKey = await subjectKeyOf(content.subject);
    const sealed = isStored ? await sealContent(sealer, content, sessionId, version) : '';
    const record = { sessionId, subjectKey, secretHash, version, createdAt, lastSeenAt: createdAt, endsAt, sealed };
    const snapshot = firstSnapshot(record, content, createdAt);
    const value = await credentials.write(sessionId, secret, snapshot);
    if (value === null) return { kind: 'too-large' };

    if (subjectKey !== null) {
      const label = content.label ?? device;
      const admission = await admissions.enter(
        subjectKey,
        { sessionId, createdAt, endsAt, label },
        replaces,
        createdAt,
      );
      if (admission.kind === 'full') return { kind: 'full' };
      // Evicted before the new session begins, so that there are never more than allowed.
      for (const evicted of admission.evicted) {
        recent.endSession(evicted, 'ended');
        await revoke(evicted, 'limit', createdAt);
        tell({ event: 'session-ended', sessionId: evicted, why: 'limit' });
      }
    }
    if (isStored && !(await store.create(record, createdAt))) throw new Error('the id of a new session was taken');
    tell({ event: 'session-begun', sessionId, anonymous: identity === null });
    return { kind: 'begun', session: sessionFrom(sessionId, snapshot, idleMs), value };
  }

  /** Creates the record of an anonymous session when it gets its first data. Its id and secret stay. */
  async function materialise({ sessionId, secretHash, snapshot }: Credential, data: Claims, now: number) {
    const { atLogin, successorKey, createdAt } = snapshot;
    const first = contentOf(null, data, atLogin, secretHash, successorKey, createdAt);
    const content = { ...first, dataVersion: snapshot.version + 1 };
    const record: StoreRecord = {
      sessionId,
      subjectKey: null,
      secretHash,
      version: 1,
      createdAt,
      lastSeenAt: now,
      endsAt: snapshot.endsAt,
      sealed: await sealContent(sealer, content, sessionId, 1),
    };
    return (await store.create(record, now)) ? { record, content } : null;
  }

  /** A session that was entered a moment ago and has no record yet is about to get it: it counts as live. */
  async function isOver({ sessionId, createdAt }: SessionEntry, now: number): Promise<boolean> {
    if (now - createdAt > creationWindowMs) return (await find(sessionId, now)) === null;
    const loaded = await store.load({ sessionId }, now);
    return isEndedByFact(loaded, createdAt) || recent.endOf({ sessionId, subjectKey: null, createdAt }) !== null;
  }

  /** By the cookie and by what this isolate knows. */
  function isOverHere({ sessionId, subjectKey, secretHash, snapshot }: Credential, now: number): boolean {
    if (isAheadOfUs(snapshot, now) || recent.endOf({ sessionId, subjectKey, createdAt: snapshot.createdAt }))
      return true;
    const retiredAt = recent.retiredAt(secretHash);
    if (retiredAt !== null && now - retiredAt <= inFlightMs) return true;
    const over = endedBy(snapshot, idleMs, now);
    return over === 'expired' || (over === 'idle' && snapshot.recordVersion === 0);
  }

  /** A live record and its content, by id. */
  async function find(id: string, now: number) {
    const record = isSessionId(id) ? liveRecord(await store.load({ sessionId: id }, now), settings.absoluteMs) : null;
    const content = record && (await openContent(sealer, record));
    if (!record || !content || recent.endOf(record)) return null;
    const ended = endedBy(record, idleMs, now);
    return ended === 'expired' || (ended === 'idle' && traits.notesActivity) ? null : { record, content };
  }

  async function dataOf(value: string, now: number): Promise<Claims> {
    const held = await credentials.read(value);
    if (!held) return {};
    const { sessionId, subjectKey, snapshot } = held;
    // Record version 0: the cookie may be older than the record, so the newest version is loaded.
    const version = snapshot.recordVersion > 0 ? { version: snapshot.recordVersion } : {};
    const loaded = await store.load({ sessionId, subjectKey, ...version }, now);
    const record = liveRecord(loaded, settings.absoluteMs);
    return (record && (await openContent(sealer, record))?.data) ?? {};
  }

  /** Whether the secret is still the current or the next one. In an outage it is: it cannot have been replaced. */
  async function stillCounts(held: Credential, now: number): Promise<boolean> {
    const { sessionId, subjectKey, secretHash, snapshot } = held;
    try {
      const loaded = await store.load({ sessionId, subjectKey, version: snapshot.recordVersion }, now);
      const record = liveRecord(loaded, settings.absoluteMs);
      const content = record && (await openContent(sealer, record));
      if (!content) return false;
      const shownSecret = { generation: snapshot.generation, secretHash, by: snapshot.atLogin };
      const { kind } = judgeSecret(content.chain, shownSecret, settings.rotate.graceMs, now);
      return kind === 'current' || kind === 'advance';
    } catch {
      return true;
    }
  }

  async function endSubject(subject: string, now: number): Promise<void> {
    const key = (await subjectKeyOf(subject)) as string;
    recent.endSubject(key, now);
    await store.revokeSubject(key, now, keepUntil(now));
  }

  return {
    authenticate: createRecognition(parts, credentials, successors),
    update,
    rotate,
    endSubject,

    async begin({ identity, now, client, device, from }) {
      // The data of an anonymous session survives the login. The login's own data goes first.
      const brought = from !== null && from.session.subject === null ? await dataOf(from.value, now) : {};
      const data = { ...brought, ...identity?.data };
      return createSession({
        identity,
        data,
        client,
        device,
        createdAt: now,
        authenticatedAt: now,
        endsAt: now + settings.absoluteMs,
        replaces: from !== null && from.session.subject === identity?.subject ? from.session.sessionId : null,
      });
    },

    async selectCandidates(values, now) {
      const candidates: Candidate[] = [];
      for (const value of values) {
        const held = await credentials.read(value);
        if (!held) continue;
        const { generation, recordVersion, version, lastSeenAt, checkedAt } = held.snapshot;
        const age = [generation, recordVersion, version, lastSeenAt, checkedAt];
        candidates.push({ value, sessionId: held.sessionId, age, isOver: isOverHere(held, now) });
      }
      return candidates.length > 0 ? selectCandidates(candidates) : values.slice(0, 1);
    },

    async isStillCurrent(value, now, ask) {
      const held = await credentials.read(value);
      if (!held) return false;
      const { sessionId, subjectKey, secretHash, snapshot } = held;
      if (
        recent.endOf({ sessionId, subjectKey, createdAt: snapshot.createdAt }) ||
        recent.retiredAt(secretHash) !== null
      ) {
        return false;
      }
      return !ask || snapshot.recordVersion === 0 || stillCounts(held, now);
    },

    watch: (value) => watchStored(parts, credentials, value),

    async identify(value) {
      const held = await credentials.read(value);
      return held && { sessionId: held.sessionId, subject: held.snapshot.subject };
    },

    async end(sessionId, why, now) {
      // This isolate first: it refuses the session even if the store is down.
      recent.endSession(sessionId, why === 'superseded' ? 'replaced' : 'ended', now);
      tell({ event: 'session-ended', sessionId, why });
      await revoke(sessionId, why, now);
    },

    async endOthers(session, value, now) {
      const held = await credentials.read(value);
      const found = await find(session.sessionId, now);
      if (!held || !found || found.content.subject === null) return { kind: 'ended' };
      const { subject, claims, data, acr, amr, label, atLogin, authenticatedAt } = found.content;
      const entry = (await devices(subject, now)).find(({ id }) => id === session.sessionId);
      // One write ends all sessions of the subject, this one too. So this one continues under a new id, which begins a moment
      // later and keeps its end. The new one is created first: if the write fails, no session is lost.
      const begun = await createSession({
        identity: { subject, claims, data, acr, amr, label },
        data,
        client: atLogin,
        device: entry?.label ?? '',
        createdAt: now + 1,
        authenticatedAt,
        endsAt: found.record.endsAt,
        replaces: session.sessionId,
      });
      if (begun.kind === 'full') return { kind: 'ended' };
      if (begun.kind !== 'begun') return begun;
      // Requests in flight with the old cookie must not clear the new one.
      recent.endSession(session.sessionId, 'replaced', now);
      await endSubject(subject, now);
      tell({ event: 'session-ended-everywhere', sessionId: session.sessionId });
      return { ...begun, kind: 'changed' };
    },

    async endEveryone(now) {
      recent.endEveryone(now);
      await store.revokeEveryone(now, keepUntil(now));
    },

    devices,
    belongedTo: async (id, subject, now) => admissions.has((await subjectKeyOf(subject)) as string, id, now),

    records: {
      patch,
      async find(id, now) {
        const found = await find(id, now);
        if (!found) return null;
        const { record, content } = found;
        const snapshot = { ...firstSnapshot(record, content, now), lastSeenAt: record.lastSeenAt };
        return { session: sessionFrom(id, snapshot, idleMs), data: content.data, label: content.label };
      },
    },
  };

  async function devices(subject: string, now: number): Promise<readonly Device[]> {
    const key = (await subjectKeyOf(subject)) as string;
    const entries = await admissions.list(key, now);
    const found = await Promise.all(entries.map(({ sessionId }) => find(sessionId, now)));
    return entries
      .flatMap(({ sessionId, label, createdAt }, i) => {
        const live = found[i];
        return live ? [{ id: sessionId, label, createdAt, lastSeenAt: live.record.lastSeenAt }] : [];
      })
      .sort((a, b) => b.createdAt - a.createdAt);
  }
}
