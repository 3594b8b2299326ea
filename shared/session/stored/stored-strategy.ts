/** Sessions kept in a store: the client carries a handle, the record is the authority. */
import type { SessionSettings } from '../../config/settings.ts';
import type { StoreTraits } from '../../config/stores.ts';
import { sha256Base64url } from '../../crypto/digest.ts';
import type { MacRing } from '../../crypto/keys.ts';
import type { Sealer } from '../../crypto/seal.ts';
import type { EmitEvent } from '../events.ts';
import type { Fingerprint } from '../request/fingerprint.ts';
import type { Claims, Identity } from '../session.ts';
import type { EndReason } from '../store/endings.ts';
import type { StoreRecord } from '../store/records.ts';
import { inFlightMs, type RevocationCache } from '../store/revocation-cache.ts';
import { isEndedByFact } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import { type Claimed, selectCandidates } from '../strategy/select-credentials.ts';
import type { SessionEntry } from '../strategy/session-index.ts';
import { createSessionLimit } from '../strategy/session-limit.ts';
import type { Begun, Device, Strategy } from '../strategy/strategy.ts';
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
  /** Keys of the data that origins are shown. */
  readonly shown: readonly string[];
  readonly store: Store;
  readonly traits: StoreTraits;
  readonly ring: MacRing;
  readonly sealer: Sealer;
  readonly nextSecrets: NextSecrets;
  readonly recent: RevocationCache;
  readonly emit: EmitEvent;
  /** See `size.ts`. */
  readonly maxValueLength?: number;
}

/** Between entering a session on the roster and creating its record: a few calls, each within its deadline. */
const creationWindowMs = 60_000;

/** A revocation outlives whatever it revokes by this: clocks differ, and stores collect late anyway. */
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
    /** The subject's own session that it takes the place of: it makes room for it. */
    readonly replaces: string | null;
  }

  /** A family of its own. One without a subject and without data lives in its cookie alone until it gets some. */
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
      // Ended before the newcomer begins: at no moment are there more than allowed.
      for (const evicted of admission.evicted) {
        recent.endSession(evicted, 'ended');
        await revoke(evicted, 'limit', createdAt);
        tell({ event: 'session-ended', sessionId: evicted, why: 'limit' });
      }
    }
    if (isStored && !(await store.create(record, createdAt))) throw new Error('a new family was already there');
    tell({ event: 'session-begun', sessionId, anonymous: identity === null });
    return { kind: 'begun', session: sessionFrom(sessionId, snapshot, idleMs), value };
  }

  /** The first data of an anonymous session makes its record, under the family and the secret it has already. */
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

  /** One that was entered a moment ago and is not there yet is about to be: it counts. */
  async function isOver({ sessionId, createdAt }: SessionEntry, now: number): Promise<boolean> {
    if (now - createdAt > creationWindowMs) return (await find(sessionId, now)) === null;
    const loaded = await store.load({ sessionId }, now);
    return isEndedByFact(loaded, createdAt) || recent.endOf({ sessionId, subjectKey: null, createdAt }) !== null;
  }

  /** By its own word or by what this isolate knows. */
  function isOverHere({ sessionId, subjectKey, secretHash, snapshot }: Credential, now: number): boolean {
    if (isAheadOfUs(snapshot, now) || recent.endOf({ sessionId, subjectKey, createdAt: snapshot.createdAt }))
      return true;
    const retiredAt = recent.retiredAt(secretHash);
    if (retiredAt !== null && now - retiredAt <= inFlightMs) return true;
    const over = endedBy(snapshot, idleMs, now);
    return over === 'expired' || (over === 'idle' && snapshot.recordVersion === 0);
  }

  /** A live record with its content, by id alone. */
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
    // A copy from before there was a record may be all that this browser still has of a cart that is full by now.
    const version = snapshot.recordVersion > 0 ? { version: snapshot.recordVersion } : {};
    const loaded = await store.load({ sessionId, subjectKey, ...version }, now);
    const record = liveRecord(loaded, settings.absoluteMs);
    return (record && (await openContent(sealer, record))?.data) ?? {};
  }

  /** Whether the authority would have this very secret held. In an outage nobody can have replaced it. */
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
      // What a stranger put into the cart is still there after the login; what the login brings wins.
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
      const claimed: Claimed[] = [];
      for (const value of values) {
        const held = await credentials.read(value);
        if (!held) continue;
        const { generation, recordVersion, version, lastSeenAt, checkedAt } = held.snapshot;
        const age = [generation, recordVersion, version, lastSeenAt, checkedAt];
        claimed.push({ value, sessionId: held.sessionId, age, isOver: isOverHere(held, now) });
      }
      return claimed.length > 0 ? selectCandidates(claimed) : values.slice(0, 1);
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
      // First here: even when the store is down, this isolate lets nobody in with it again.
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
      // One write ends them all, this one too; it lives on as a new family that begins a moment later and ends no later.
      // That one is there first: if the write fails, nobody has lost anything.
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
      // Requests that are under way with the old cookie must not take the new one away.
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
