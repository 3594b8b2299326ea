/** Changes stored sessions by compare-and-set: loads the newest version and saves the next one, again after a conflict. */
import { sha256Base64url } from '../../crypto/digest.ts';
import { mergeData } from '../data.ts';
import type { Session } from '../session.ts';
import type { Locator, StoreRecord } from '../store/records.ts';
import type { SessionRecords } from '../strategy/directory.ts';
import type { Changed, DataPatch, Lifecycle } from '../strategy/lifecycle.ts';
import type { Credential, Credentials } from './cookie/credentials.ts';
import { isSessionId, newSecret } from './cookie/handle.ts';
import type { Snapshot } from './cookie/snapshot.ts';
import type { Creation } from './create.ts';
import { isEndedRecord, type Lookup, locatorOf, type OpenedSession } from './lookup.ts';
import { pick, sessionFrom, snapshotFrom } from './mapping.ts';
import type { StoredParts } from './parts.ts';
import { type Content, dataFits, nextRecord } from './record.ts';
import { judgeSecret, rotatedByPrivilege } from './rotation.ts';

const maxAttempts = 5;

/** What changes in the cookie. */
type CookieChanges = Partial<Snapshot> & { readonly secret?: string };

/** The current secret's place in the rotation. */
const placeIn = ({ chain, successorKey }: Content): CookieChanges => ({
  generation: chain.generation,
  rotatedAt: chain.currentSince,
  pending: false,
  successorKey,
});

export function createUpdates(
  parts: StoredParts,
  credentials: Credentials,
  { load }: Lookup,
  { createRecord }: Creation,
): Pick<Lifecycle, 'update' | 'rotate'> & Pick<SessionRecords, 'patch'> {
  const { settings, shown, store, sealer, recent, nextSecrets, emit } = parts;
  const { idleMs, rotate } = settings;

  async function change(
    locator: Locator,
    now: number,
    nextOf: (record: StoreRecord, content: Content) => Content | 'ended' | 'conflict',
    /** Called before the save. */
    fitsCookie: (written: OpenedSession) => Promise<boolean>,
  ): Promise<OpenedSession | 'too-large' | 'conflict' | 'ended'> {
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      // After a conflict the newest version is needed. A locator without a version bypasses the store's caches.
      const { version: _, ...newest } = locator;
      const found = await load(attempt === 0 ? locator : newest, now);
      if (!found) return 'ended';
      const { record, content } = found;
      const next = nextOf(record, content);
      if (next === 'ended' || next === 'conflict') return next;
      if (!dataFits(next.data)) return 'too-large';
      const saved = await nextRecord(sealer, record, next);
      if (!(await fitsCookie({ record: saved, content: next }))) return 'too-large';
      const outcome = await store.save(saved, now);
      if (outcome === 'saved') return { record: saved, content: next };
      if (outcome === 'ended') return 'ended';
    }
    return 'conflict';
  }

  /**
   * A change by a client with its credential. A replaced secret changes nothing. A parent within its grace may change the
   * session, since its request was in flight during the rotation, and gets the current secret.
   */
  async function changeOwn(
    value: string,
    now: number,
    nextOf: (content: Content) => Content | 'conflict',
  ): Promise<
    { credential: Credential; written: OpenedSession; own: CookieChanges } | 'too-large' | 'conflict' | 'ended'
  > {
    const credential = await credentials.read(value);
    if (!credential) return 'ended';
    const { sessionId, snapshot, secretHash, secret } = credential;
    const { generation, successorKey } = snapshot;
    const nextSecret = await nextSecrets.after({ sessionId, secret, generation }, successorKey);
    let own: CookieChanges = {};
    const written = await change(
      locatorOf(credential),
      now,
      (_, content) => {
        const { chain } = content;
        const shownSecret = { generation, secretHash, by: chain.currentBy ?? snapshot.atLogin };
        const verdict = judgeSecret(chain, shownSecret, rotate.graceMs, now);
        if (verdict.kind === 'current') own = { successorKey: content.successorKey };
        else if (verdict.kind === 'advance') own = {};
        else if (verdict.kind === 'grace') own = { secret: nextSecret, ...placeIn(content) };
        else return 'ended';
        return nextOf(content);
      },
      async (next) => (await rewritten({ credential, written: next, own }, now)).kind !== 'too-large',
    );
    return typeof written === 'string' ? written : { credential, written, own };
  }

  async function rewritten(
    { credential, written, own }: { credential: Credential; written: OpenedSession; own: CookieChanges },
    now: number,
  ): Promise<Changed> {
    const { secret = credential.secret, ...changes } = own;
    const lastSeenAt = Math.max(written.record.lastSeenAt, credential.snapshot.lastSeenAt);
    const basis = { ...credential.snapshot, ...changes, lastSeenAt, checkedAt: now };
    const snapshot = snapshotFrom(written.record, written.content, shown, basis);
    const value = await credentials.write(credential.sessionId, secret, snapshot);
    if (value === null) return { kind: 'too-large' };
    return { kind: 'changed', session: sessionFrom(credential.sessionId, snapshot, idleMs), value };
  }

  const merged = (content: Content, patch: DataPatch, ifVersion: number | null): Content | 'conflict' =>
    ifVersion !== null && content.dataVersion !== ifVersion
      ? 'conflict'
      : { ...content, data: mergeData(content.data, patch), dataVersion: content.dataVersion + 1 };

  return {
    async update(_session: Session, value, patch, ifVersion, now) {
      const credential = await credentials.read(value);
      if (credential && credential.snapshot.recordVersion === 0) {
        if (ifVersion !== null && ifVersion !== credential.snapshot.version) return { kind: 'conflict' };
        const data = mergeData({}, patch);
        const withData = { ...credential.snapshot, shownData: pick(data, shown) };
        const fits =
          dataFits(data) && (await credentials.write(credential.sessionId, credential.secret, withData)) !== null;
        if (!fits) return { kind: 'too-large' };
        const written = await createRecord(credential, data, now);
        // Another request has created the record: the change goes on top of it.
        if (written) return rewritten({ credential, written, own: {} }, now);
      }
      const outcome = await changeOwn(value, now, (content) => merged(content, patch, ifVersion));
      return typeof outcome === 'string' ? { kind: outcome } : rewritten(outcome, now);
    },

    async rotate(session, value, now) {
      const secret = newSecret();
      const secretHash = await sha256Base64url(secret);
      const successorKey = await nextSecrets.keyName();
      let replacedHashes: readonly (string | null)[] = [];
      const outcome = await changeOwn(value, now, (content) => {
        const { chain } = content;
        replacedHashes = [chain.previousHash, chain.currentHash];
        return { ...content, chain: rotatedByPrivilege(chain, secretHash, now), successorKey };
      });
      if (typeof outcome === 'string') return { kind: outcome };
      for (const hash of [...replacedHashes, outcome.credential.secretHash])
        if (hash !== null) recent.retireSecret(hash, now);
      emit({ event: 'session-rotated', sessionId: session.sessionId, how: 'privilege' });
      return rewritten({ ...outcome, own: { secret, ...placeIn(outcome.written.content) } }, now);
    },

    async patch(id, patch, ifVersion, now) {
      if (!isSessionId(id)) return { kind: 'ended' };
      const snapshotOf = ({ record, content }: OpenedSession): Snapshot =>
        snapshotFrom(record, content, shown, {
          lastSeenAt: record.lastSeenAt,
          checkedAt: now,
          generation: content.chain.generation,
          rotatedAt: content.chain.currentSince,
          pending: false,
          successorKey: '',
        });
      const outcome = await change(
        { sessionId: id },
        now,
        (record, content) => (isEndedRecord(record, parts, now) ? 'ended' : merged(content, patch, ifVersion)),
        async (next) => (await credentials.write(id, newSecret(), snapshotOf(next))) !== null,
      );
      if (typeof outcome === 'string') return { kind: outcome };
      return { kind: 'changed', session: sessionFrom(id, snapshotOf(outcome), idleMs), value: null };
    },
  };
}
