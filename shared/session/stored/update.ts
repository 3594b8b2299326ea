/** Changes of stored sessions: their data, and their secret. */
import { sha256Base64url } from '../../crypto/digest.ts';
import { mergeData } from '../data.ts';
import type { Session } from '../session.ts';
import type { SessionRecords } from '../strategy/directory.ts';
import type { Changed, DataPatch, Lifecycle } from '../strategy/lifecycle.ts';
import { type Change, type ChangeOutcome, createSaveChanges } from './change.ts';
import { createChangeQueue } from './change-queue.ts';
import type { Credential, Credentials } from './cookie/credentials.ts';
import { isSessionId, newSecret } from './cookie/handle.ts';
import type { Snapshot } from './cookie/snapshot.ts';
import type { Creation } from './create.ts';
import { isEndedRecord, type Lookup, locatorOf, type OpenedSession } from './lookup.ts';
import { pick, sessionFrom, snapshotFrom } from './mapping.ts';
import type { StoredParts } from './parts.ts';
import { type Content, dataFits } from './record.ts';
import { judgeSecret, rotatedByPrivilege } from './rotation.ts';

type SaveChange = (change: Change, now: number) => Promise<ChangeOutcome>;

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
  lookup: Lookup,
  { createRecord }: Creation,
): Pick<Lifecycle, 'update' | 'rotate'> & Pick<SessionRecords, 'patch'> {
  const { settings, shown, recent, nextSecrets, emit } = parts;
  const { idleMs, rotate } = settings;
  const saveChanges = createSaveChanges(parts, lookup);
  const inTurn: SaveChange = createChangeQueue(saveChanges);
  /** A change of the secret waits for no turn. */
  const alone: SaveChange = async (change, now) => (await saveChanges([change], now))[0] ?? 'ended';

  /**
   * A change by a client with its credential. A replaced secret changes nothing. A parent within its grace may change the
   * session, since its request was in flight during the rotation, and gets the current secret.
   */
  async function changeOwn(
    value: string,
    now: number,
    change: SaveChange,
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
      {
        locator: locatorOf(credential),
        nextOf(_, content) {
          const { chain } = content;
          const shownSecret = { generation, secretHash, by: chain.currentBy ?? snapshot.atLogin };
          const verdict = judgeSecret(chain, shownSecret, rotate.graceMs, now);
          if (verdict.kind === 'current') own = { successorKey: content.successorKey };
          else if (verdict.kind === 'advance') own = {};
          else if (verdict.kind === 'grace' || verdict.kind === 'served')
            own = { secret: nextSecret, ...placeIn(content) };
          else return 'ended';
          return nextOf(content);
        },
        fitsCookie: async (next) => (await rewritten({ credential, written: next, own }, now)).kind !== 'too-large',
      },
      now,
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

  const isEndedHere = ({ sessionId, subjectKey, snapshot: { createdAt } }: Credential): boolean =>
    recent.endOf({ sessionId, subjectKey, createdAt }) !== null;

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
        if (written) {
          const isLive = (await lookup.load({ sessionId: credential.sessionId, subjectKey: null }, now)) !== null;
          if (isLive && !isEndedHere(credential)) return rewritten({ credential, written, own: {} }, now);
          // Its cookie asks no store, so that this isolate has to know.
          recent.endSession(credential.sessionId, 'ended');
          return { kind: 'ended' };
        }
      }
      const outcome = await changeOwn(value, now, inTurn, (content) => merged(content, patch, ifVersion));
      return typeof outcome === 'string' ? { kind: outcome } : rewritten(outcome, now);
    },

    async rotate(session, value, now) {
      const secret = newSecret();
      const secretHash = await sha256Base64url(secret);
      const successorKey = await nextSecrets.keyName();
      let replacedHashes: readonly (string | null)[] = [];
      const outcome = await changeOwn(value, now, alone, (content) => {
        const { chain } = content;
        replacedHashes = [chain.previousHash, chain.currentHash];
        return { ...content, chain: rotatedByPrivilege(chain, secretHash, now), successorKey };
      });
      if (typeof outcome === 'string') return { kind: outcome };
      for (const hash of [...replacedHashes, outcome.credential.secretHash])
        if (hash !== null) recent.retireSecret(hash, now);
      emit({ event: 'session-rotated', sessionId: session.sessionId, how: 'privilege' });
      return rewritten({ ...outcome, own: { secret, ...placeIn(outcome.written.content), pending: true } }, now);
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
      const outcome = await inTurn(
        {
          locator: { sessionId: id },
          nextOf: (record, content) =>
            isEndedRecord(record, parts, now) ? 'ended' : merged(content, patch, ifVersion),
          fitsCookie: async (next) => (await credentials.write(id, newSecret(), snapshotOf(next))) !== null,
        },
        now,
      );
      if (typeof outcome === 'string') return { kind: outcome };
      return { kind: 'changed', session: sessionFrom(id, snapshotOf(outcome), idleMs), value: null };
    },
  };
}
