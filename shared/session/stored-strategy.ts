/** Sessions kept in a store: the client carries a handle, the record is the authority. */
import type { SessionSettings } from '../config/settings.ts';
import { sha256Base64url } from '../crypto/digest.ts';
import type { MacRing } from '../crypto/keys.ts';
import type { Sealer } from '../crypto/seal.ts';
import { createAdmissions } from './admission.ts';
import { type Credential, createCredentials } from './credentials.ts';
import type { Tell } from './events.ts';
import type { Fingerprint } from './fingerprint.ts';
import { isFamily, newFamily, newSecret } from './handle.ts';
import { type Content, openContent, sealContent, subjectKeyOf } from './record.ts';
import type { RecentRevocations } from './revocation.ts';
import { firstLink } from './rotation.ts';
import type { Claims, Identity } from './session.ts';
import type { Snapshot } from './snapshot.ts';
import type { RevocationReason, Store, StoreRecord } from './store.ts';
import { createChanges, dataFits } from './stored-changes.ts';
import { createRecognition } from './stored-recognition.ts';
import { type Begun, type Device, guarded, type Strategy } from './strategy.ts';
import type { Successors } from './successor.ts';
import { endedBy } from './timing.ts';
import { liveRecord, sessionFrom, snapshotFrom } from './views.ts';

export interface StoredParts {
  readonly settings: SessionSettings;
  /** Keys of the data that origins are shown. */
  readonly shown: readonly string[];
  readonly store: Store;
  readonly ring: MacRing;
  readonly sealer: Sealer;
  readonly successors: Successors;
  readonly recent: RecentRevocations;
  readonly tell: Tell;
}

/** A revocation outlives whatever it revokes by this: clocks differ, and stores collect late anyway. */
const keepAfterEndMs = 3_600_000;

export function createStoredStrategy(parts: StoredParts): Strategy {
  const { settings, shown, store, sealer, recent, successors, tell } = parts;
  const { idleMs } = settings;
  /** KV leaves activity to the cookie: of a session that is asked for by id, only the absolute end is known there. */
  const activityIsNoted = settings.store !== 'kv';
  const credentials = createCredentials(parts.ring);
  const { update, rotate, patch } = createChanges(parts, credentials, materialise);
  const admissions = createAdmissions(settings, store, sealer, async (_, entries, now) => {
    const looked = await Promise.all(entries.map(({ family }) => find(family, now)));
    return new Set(entries.filter((_entry, i) => looked[i] === null).map(({ family }) => family));
  });

  const keepUntil = (now: number): number => now + settings.absoluteMs + keepAfterEndMs;
  const revoke = (family: string, why: RevocationReason, now: number): Promise<void> =>
    guarded(() => store.revoke(family, { at: now, why, keepUntil: keepUntil(now) }));

  const contentOf = (
    identity: Identity | null,
    data: Claims,
    client: Fingerprint,
    secretHash: string,
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
    chain: firstLink(secretHash, now),
    atLogin: client,
  });

  const firstSnapshot = async (record: StoreRecord, content: Content, now: number): Promise<Snapshot> =>
    snapshotFrom(record, content, shown, {
      lastSeenAt: now,
      checkedAt: now,
      generation: 1,
      rotatedAt: now,
      pending: false,
      successorKey: await successors.keyName(),
    });

  interface Plan {
    readonly identity: Identity | null;
    readonly data: Claims;
    readonly client: Fingerprint;
    readonly device: string;
    readonly createdAt: number;
    readonly authenticatedAt: number;
    readonly endsAt: number;
  }

  /** A family of its own. One without a subject and without data lives in its cookie alone until it gets some. */
  async function plant({ identity, data, client, device, createdAt, authenticatedAt, endsAt }: Plan): Promise<Begun> {
    if (!dataFits(data)) return { kind: 'too-large' };
    const [family, secret] = [newFamily(), newSecret()];
    const secretHash = await sha256Base64url(secret);
    const content = { ...contentOf(identity, data, client, secretHash, createdAt), authenticatedAt };
    const isStored = identity !== null || Object.keys(data).length > 0;
    const version = isStored ? 1 : 0;
    const subjectKey = await subjectKeyOf(content.subject);
    const sealed = isStored ? await sealContent(sealer, content, family, version) : '';
    const record = { family, subjectKey, secretHash, version, createdAt, lastSeenAt: createdAt, endsAt, sealed };
    const snapshot = await firstSnapshot(record, content, createdAt);
    const value = await credentials.write(family, secret, snapshot);
    if (value === null) return { kind: 'too-large' };

    if (subjectKey !== null) {
      const label = content.label ?? device;
      const admission = await admissions.enter(subjectKey, { family, createdAt, endsAt, label }, createdAt);
      if (admission.kind === 'full') return { kind: 'full' };
      // Ended before the newcomer begins: at no moment are there more than allowed.
      for (const evicted of admission.evicted) {
        recent.endFamily(evicted, 'ended');
        await revoke(evicted, 'limit', createdAt);
        tell({ event: 'session-ended', family: evicted, why: 'limit' });
      }
    }
    if (isStored && !(await guarded(() => store.create(record, createdAt))))
      throw new Error('a new family was already there');
    tell({ event: 'session-begun', family, anonymous: identity === null });
    return { kind: 'begun', session: sessionFrom(family, snapshot, idleMs), value };
  }

  /** The first data of an anonymous session makes its record, under the family and the secret it has already. */
  async function materialise({ family, secretHash, snapshot }: Credential, data: Claims, now: number) {
    const content = { ...contentOf(null, data, snapshot.atLogin, secretHash, snapshot.createdAt), dataVersion: 2 };
    const record: StoreRecord = {
      family,
      subjectKey: null,
      secretHash,
      version: 1,
      createdAt: snapshot.createdAt,
      lastSeenAt: now,
      endsAt: snapshot.endsAt,
      sealed: await sealContent(sealer, content, family, 1),
    };
    return (await guarded(() => store.create(record, now))) ? { record, content } : null;
  }

  /** A live record with its content, by id alone. */
  async function find(id: string, now: number) {
    const record = isFamily(id) ? liveRecord(await guarded(() => store.load({ family: id }, now))) : null;
    const content = record && (await openContent(sealer, record));
    if (!record || !content || recent.endOf(record)) return null;
    const ended = endedBy(record, idleMs, now);
    return ended === 'expired' || (ended === 'idle' && activityIsNoted) ? null : { record, content };
  }

  async function dataOf(value: string, now: number): Promise<Claims> {
    const held = await credentials.read(value);
    if (!held || held.snapshot.recordVersion === 0) return {};
    const locator = { family: held.family, subjectKey: held.subjectKey, version: held.snapshot.recordVersion };
    const record = liveRecord(await guarded(() => store.load(locator, now)));
    return (record && (await openContent(sealer, record))?.data) ?? {};
  }

  async function endSubject(subject: string, now: number): Promise<void> {
    const key = (await subjectKeyOf(subject)) as string;
    recent.endSubject(key, now);
    await guarded(() => store.revokeSubject(key, now, keepUntil(now)));
  }

  return {
    recognise: createRecognition(parts, credentials, successors),
    update,
    rotate,
    endSubject,

    async begin({ identity, now, client, device, from }) {
      // What a stranger put into the cart is still there after the login; what the login brings wins.
      const brought = from !== null && from.session.subject === null ? await dataOf(from.value, now) : {};
      const data = { ...brought, ...identity?.data };
      return plant({
        identity,
        data,
        client,
        device,
        createdAt: now,
        authenticatedAt: now,
        endsAt: now + settings.absoluteMs,
      });
    },

    async familyOf(value) {
      const held = await credentials.read(value);
      return held && { family: held.family, subject: held.snapshot.subject };
    },

    async end(family, why, now) {
      // First here: even when the store is down, this isolate lets nobody in with it again.
      recent.endFamily(family, why === 'superseded' ? 'replaced' : 'ended');
      tell({ event: 'session-ended', family, why });
      await revoke(family, why, now);
    },

    async endOthers(session, value, now) {
      const held = await credentials.read(value);
      const found = await find(session.family, now);
      if (!held || !found || found.content.subject === null) return { kind: 'ended' };
      const { subject, claims, data, acr, amr, label, atLogin, authenticatedAt } = found.content;
      const entry = (await devices(subject, now)).find(({ id }) => id === session.family);
      // One write ends them all, this one too; it lives on as a new family that begins a moment later and ends no later.
      // Requests that are under way with the old cookie must not take the new one away.
      recent.endFamily(session.family, 'replaced');
      await endSubject(subject, now);
      tell({ event: 'session-ended-everywhere', family: session.family });
      const begun = await plant({
        identity: { subject, claims, data, acr, amr, label },
        data,
        client: atLogin,
        device: entry?.label ?? '',
        createdAt: now + 1,
        authenticatedAt,
        endsAt: found.record.endsAt,
      });
      if (begun.kind === 'full') return { kind: 'ended' };
      return begun.kind === 'begun' ? { ...begun, kind: 'changed' } : begun;
    },

    async endEveryone(now) {
      recent.endEveryone(now);
      await guarded(() => store.revokeEveryone(now, keepUntil(now)));
    },

    devices,
    wasOf: async (id, subject, now) => admissions.has((await subjectKeyOf(subject)) as string, id, now),

    records: {
      patch,
      async find(id, now) {
        const found = await find(id, now);
        if (!found) return null;
        const { record, content } = found;
        const snapshot = { ...(await firstSnapshot(record, content, now)), lastSeenAt: record.lastSeenAt };
        return { session: sessionFrom(id, snapshot, idleMs), data: content.data, label: content.label };
      },
    },
  };

  async function devices(subject: string, now: number): Promise<readonly Device[]> {
    const key = (await subjectKeyOf(subject)) as string;
    const entries = await admissions.list(key, now);
    const found = await Promise.all(entries.map(({ family }) => find(family, now)));
    return entries
      .flatMap(({ family, label, createdAt }, i) => {
        const live = found[i];
        return live ? [{ id: family, label, createdAt, lastSeenAt: live.record.lastSeenAt }] : [];
      })
      .sort((a, b) => b.createdAt - a.createdAt);
  }
}
