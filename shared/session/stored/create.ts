/** Begins stored sessions, and creates their records. */
import { sha256Base64url } from '../../crypto/digest.ts';
import type { Fingerprint } from '../request/fingerprint.ts';
import type { Claims, Identity } from '../session.ts';
import type { StoreRecord } from '../store/records.ts';
import { stampAfterEndings } from '../strategy/clocks.ts';
import type { Begun } from '../strategy/lifecycle.ts';
import type { SessionLimit } from '../strategy/session-limit.ts';
import { subjectKeyOf } from '../strategy/subject-key.ts';
import type { Credential, Credentials } from './cookie/credentials.ts';
import { newSecret, newSessionId } from './cookie/handle.ts';
import type { OpenedSession } from './lookup.ts';
import { sessionFrom, snapshotFrom } from './mapping.ts';
import type { StoredParts } from './parts.ts';
import { type Content, dataFits, sealContent } from './record.ts';
import { initialSecretState } from './rotation.ts';

export interface NewSession {
  readonly identity: Identity | null;
  readonly data: Claims;
  readonly client: Fingerprint;
  /** The device's name, unless the identity has a label. */
  readonly device: string;
  readonly now: number;
  /** The session is stamped later than that. */
  readonly after: number;
  readonly authenticatedAt: number;
  readonly endsAt: number;
  /** The subject's session that it replaces. That one does not count for the limit. */
  readonly replaces: string | null;
}

export interface Creation {
  /** Without a subject and without data there is no record yet: the cookie alone keeps the session. */
  createSession(plan: NewSession): Promise<Begun>;
  /** The record of an anonymous session that gets its first data. Its id and secret stay. `null`: there is one already. */
  createRecord(credential: Credential, data: Claims, now: number): Promise<OpenedSession | null>;
}

export function createCreation(parts: StoredParts, credentials: Credentials, limit: SessionLimit): Creation {
  const { settings, shown, store, sealer, nextSecrets, emit } = parts;

  return {
    async createSession({ identity, data, client, device, now, after, authenticatedAt, endsAt, replaces }) {
      if (!dataFits(data)) return { kind: 'too-large' };
      const [sessionId, secret] = [newSessionId(), newSecret()];
      const [secretHash, successorKey] = [await sha256Base64url(secret), await nextSecrets.keyName()];
      const subjectKey = await subjectKeyOf(identity?.subject ?? null);
      const createdAt = Math.max(after + 1, await stampAfterEndings(parts, { sessionId, subjectKey }, now));
      const content = firstContent({ identity, data, client, secretHash, successorKey, now, authenticatedAt });
      const isStored = identity !== null || Object.keys(data).length > 0;
      const version = isStored ? 1 : 0;
      const sealed = isStored ? await sealContent(sealer, content, sessionId, version) : '';
      const record = { sessionId, subjectKey, secretHash, version, createdAt, lastSeenAt: now, endsAt, sealed };
      const snapshot = snapshotFrom(record, content, shown, {
        lastSeenAt: now,
        checkedAt: now,
        generation: 1,
        rotatedAt: now,
        pending: false,
        successorKey,
      });
      const value = await credentials.write(sessionId, secret, snapshot);
      if (value === null) return { kind: 'too-large' };

      const entry = { sessionId, createdAt, endsAt, label: content.label ?? device };
      if (subjectKey !== null && !(await limit.enter(subjectKey, entry, replaces, now))) return { kind: 'full' };
      if (isStored && !(await store.create(record, now))) throw new Error('the id of a new session was taken');
      emit({ event: 'session-begun', sessionId, anonymous: identity === null });
      return { kind: 'begun', session: sessionFrom(sessionId, snapshot, settings.idleMs), value };
    },

    async createRecord({ sessionId, secretHash, snapshot }, data, now) {
      const { atLogin: client, successorKey, createdAt, endsAt, version } = snapshot;
      const first = firstContent({ identity: null, data, client, secretHash, successorKey, now: createdAt });
      const content = { ...first, dataVersion: version + 1 };
      const record: StoreRecord = {
        sessionId,
        subjectKey: null,
        secretHash,
        version: 1,
        createdAt,
        lastSeenAt: now,
        endsAt,
        sealed: await sealContent(sealer, content, sessionId, 1),
      };
      return (await store.create(record, now)) ? { record, content } : null;
    },
  };
}

function firstContent({
  identity,
  data,
  client,
  secretHash,
  successorKey,
  now,
  authenticatedAt = now,
}: Pick<NewSession, 'identity' | 'data' | 'client' | 'now'> & {
  readonly secretHash: string;
  readonly successorKey: string;
  readonly authenticatedAt?: number;
}): Content {
  return {
    subject: identity?.subject ?? null,
    claims: identity?.claims ?? {},
    data,
    acr: identity?.acr ?? null,
    amr: identity?.amr ?? [],
    label: identity?.label ?? null,
    authenticatedAt,
    dataVersion: 1,
    chain: initialSecretState(secretHash, now),
    successorKey,
    atLogin: client,
  };
}
