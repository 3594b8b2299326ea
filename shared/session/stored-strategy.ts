/** Sessions kept in a store: the client carries a handle, the record is the authority. */
import type { SessionSettings } from '../config/settings.ts';
import { sha256Base64url } from '../crypto/digest.ts';
import type { MacRing } from '../crypto/keys.ts';
import type { Sealer } from '../crypto/seal.ts';
import { createCredentials } from './credentials.ts';
import { isFamily, newFamily, newSecret } from './handle.ts';
import { type Content, openContent, sealContent, subjectKeyOf } from './record.ts';
import type { RecentRevocations } from './revocation.ts';
import type { Store, StoreRecord } from './store.ts';
import { createChanges, dataFits } from './stored-changes.ts';
import { createRecognition } from './stored-recognition.ts';
import { type Begun, guarded, type Strategy } from './strategy.ts';
import { endedBy } from './timing.ts';
import { liveRecord, sessionFrom, snapshotFrom } from './views.ts';

export interface StoredParts {
  readonly settings: SessionSettings;
  /** Keys of the data that origins are shown. */
  readonly shown: readonly string[];
  readonly store: Store;
  readonly ring: MacRing;
  readonly sealer: Sealer;
  readonly recent: RecentRevocations;
}

/** A revocation outlives whatever it revokes by this: clocks differ, and stores collect late anyway. */
const keepAfterEndMs = 3_600_000;

export function createStoredStrategy(parts: StoredParts): Strategy {
  const { settings, shown, store, sealer, recent } = parts;
  const { idleMs } = settings;
  const credentials = createCredentials(parts.ring);
  const { update, rotate, patch } = createChanges(parts, credentials);

  /** A family of its own from this content, its absolute end where the caller says. */
  async function plant(content: Content, createdAt: number, endsAt: number): Promise<Begun> {
    if (!dataFits(content.data)) return { kind: 'too-large' };
    const family = newFamily();
    const secret = newSecret();
    const record: StoreRecord = {
      family,
      subjectKey: await subjectKeyOf(content.subject),
      secretHash: await sha256Base64url(secret),
      version: 1,
      createdAt,
      lastSeenAt: createdAt,
      endsAt,
      sealed: await sealContent(sealer, content, family, 1),
    };
    const snapshot = snapshotFrom(record, content, shown, { lastSeenAt: createdAt, checkedAt: createdAt });
    const value = await credentials.write(family, secret, snapshot);
    if (value === null) return { kind: 'too-large' };
    if (!(await guarded(() => store.create(record, createdAt)))) throw new Error('a new family was already there');
    return { kind: 'begun', session: sessionFrom(family, snapshot, idleMs), value };
  }

  async function endSubject(subject: string, now: number): Promise<void> {
    const key = (await subjectKeyOf(subject)) as string;
    recent.endSubject(key, now);
    await guarded(() => store.revokeSubject(key, now, now + settings.absoluteMs + keepAfterEndMs));
  }

  return {
    recognise: createRecognition(parts, credentials),
    update,
    rotate,
    endSubject,

    begin({ subject, claims, data, acr, amr, label }, now) {
      const content: Content = { subject, claims, data, acr, amr, label, authenticatedAt: now };
      return plant(content, now, now + settings.absoluteMs);
    },

    async familyOf(value) {
      const held = await credentials.read(value);
      return held && { family: held.family, subject: held.snapshot.subject };
    },

    async end(family, why, now) {
      // First here: even when the store is down, this isolate lets nobody in with it again.
      recent.endFamily(family, why === 'superseded' ? 'replaced' : 'ended');
      const keepUntil = now + settings.absoluteMs + keepAfterEndMs;
      await guarded(() => store.revoke(family, { at: now, why, keepUntil }));
    },

    async endOthers(session, _value, now) {
      const record = liveRecord(
        await guarded(() => store.load({ family: session.family, version: session.version }, now)),
      );
      const content = record && (await openContent(sealer, record));
      if (!record || !content || content.subject === null) return { kind: 'ended' };
      // One write ends them all, this one too; it lives on as a new family that begins a moment later and ends no later.
      // Requests that are under way with the old cookie must not take the new one away.
      recent.endFamily(session.family, 'replaced');
      await endSubject(content.subject, now);
      const begun = await plant(content, now + 1, record.endsAt);
      return begun.kind === 'begun' ? { ...begun, kind: 'changed' } : begun;
    },

    records: {
      patch,
      async find(id, now) {
        const record = isFamily(id) ? liveRecord(await guarded(() => store.load({ family: id }, now))) : null;
        const content = record && (await openContent(sealer, record));
        if (!record || !content || endedBy(record, idleMs, now) === 'expired' || recent.endOf(record)) return null;
        const snapshot = snapshotFrom(record, content, shown, { lastSeenAt: record.lastSeenAt, checkedAt: now });
        return { session: sessionFrom(id, snapshot, idleMs), data: content.data, label: content.label };
      },
    },
  };
}
