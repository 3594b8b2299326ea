/** Changes stored sessions by compare-and-set: loads the newest version and saves the next one, again after a conflict. */
import { sha256Base64url } from '../../crypto/digest.ts';
import { mergeData } from '../data.ts';
import type { Session } from '../session.ts';
import type { Locator, StoreRecord } from '../store/records.ts';
import type { SessionRecords } from '../strategy/directory.ts';
import type { Changed, DataPatch } from '../strategy/lifecycle.ts';
import type { Strategy } from '../strategy/strategy.ts';
import { endedBy } from '../timing.ts';
import type { Credential, Credentials } from './cookie/credentials.ts';
import { isSessionId, newSecret } from './cookie/handle.ts';
import type { Snapshot } from './cookie/snapshot.ts';
import { liveRecord, pick, sessionFrom, snapshotFrom } from './mapping.ts';
import { type Content, openContent, sealContent } from './record.ts';
import { judgeSecret, rotatedByPrivilege } from './rotation.ts';
import type { StoredParts } from './stored-strategy.ts';

/** A DynamoDB item may have 400 kB. */
const maxDataLength = 64 * 1024;
const saveAttempts = 5;

export const dataFits = (data: Readonly<Record<string, unknown>>): boolean =>
  JSON.stringify(data).length <= maxDataLength;

type Written = { readonly record: StoreRecord; readonly content: Content };
/** What changes in the cookie. */
type CookieChanges = Partial<Snapshot> & { readonly secret?: string };

/** The current secret's place in the rotation. */
const placeIn = ({ chain, successorKey }: Content): CookieChanges => ({
  generation: chain.generation,
  rotatedAt: chain.currentSince,
  pending: false,
  successorKey,
});

/** A cookie that was written before there was a record has no version: the newest counts. */
const versionOf = ({ snapshot }: Credential): { readonly version?: number } =>
  snapshot.recordVersion > 0 ? { version: snapshot.recordVersion } : {};

export function createUpdates(
  { settings, shown, store, traits, sealer, recent, nextSecrets: successors, emit: tell }: StoredParts,
  credentials: Credentials,
  /** Creates the record of an anonymous session, with its first data. */
  materialise: (held: Credential, data: Readonly<Record<string, unknown>>, now: number) => Promise<Written | null>,
): Pick<Strategy, 'update' | 'rotate'> & Pick<SessionRecords, 'patch'> {
  const { idleMs, rotate } = settings;

  async function change(
    locator: Locator,
    now: number,
    nextOf: (record: StoreRecord, content: Content) => Content | 'ended' | 'conflict',
    /** Called before the save: whether the result fits into a cookie. */
    isCarriable: (written: Written) => Promise<boolean>,
  ): Promise<Written | 'too-large' | 'conflict' | 'ended'> {
    for (let attempt = 0; attempt < saveAttempts; attempt++) {
      // After a conflict the newest version is needed. A locator without a version bypasses the store's caches.
      const { version: _, ...newest } = locator;
      const loaded = await store.load(attempt === 0 ? locator : newest, now);
      const record = liveRecord(loaded, settings.absoluteMs);
      const content = record && (await openContent(sealer, record));
      if (!record || !content) return 'ended';
      const next = nextOf(record, content);
      if (next === 'ended' || next === 'conflict') return next;
      if (!dataFits(next.data)) return 'too-large';
      const version = record.version + 1;
      const saved: StoreRecord = {
        ...record,
        version,
        secretHash: next.chain.currentHash,
        sealed: await sealContent(sealer, next, record.sessionId, version),
      };
      if (!(await isCarriable({ record: saved, content: next }))) return 'too-large';
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
  ): Promise<{ held: Credential; written: Written; own: CookieChanges } | 'too-large' | 'conflict' | 'ended'> {
    const held = await credentials.read(value);
    if (!held) return 'ended';
    const { sessionId, subjectKey, snapshot, secretHash, secret } = held;
    const { generation, successorKey } = snapshot;
    const successor = await successors.after({ sessionId, secret, generation }, successorKey);
    let own: CookieChanges = {};
    const written = await change(
      { sessionId, subjectKey, ...versionOf(held) },
      now,
      (_, content) => {
        const { chain } = content;
        const shownSecret = { generation, secretHash, by: chain.currentBy ?? snapshot.atLogin };
        const verdict = judgeSecret(chain, shownSecret, rotate.graceMs, now);
        if (verdict.kind === 'current') own = { successorKey: content.successorKey };
        else if (verdict.kind === 'advance') own = {};
        else if (verdict.kind === 'grace') own = { secret: successor, ...placeIn(content) };
        else return 'ended';
        return nextOf(content);
      },
      async (next) => (await rewritten({ held, written: next, own }, now)).kind !== 'too-large',
    );
    return typeof written === 'string' ? written : { held, written, own };
  }

  async function rewritten(
    { held, written, own }: { held: Credential; written: Written; own: CookieChanges },
    now: number,
  ): Promise<Changed> {
    const { secret = held.secret, ...changes } = own;
    const lastSeenAt = Math.max(written.record.lastSeenAt, held.snapshot.lastSeenAt);
    const basis = { ...held.snapshot, ...changes, lastSeenAt, checkedAt: now };
    const snapshot = snapshotFrom(written.record, written.content, shown, basis);
    const value = await credentials.write(held.sessionId, secret, snapshot);
    if (value === null) return { kind: 'too-large' };
    return { kind: 'changed', session: sessionFrom(held.sessionId, snapshot, idleMs), value };
  }

  const merged = (content: Content, patch: DataPatch, ifVersion: number | null): Content | 'conflict' =>
    ifVersion !== null && content.dataVersion !== ifVersion
      ? 'conflict'
      : { ...content, data: mergeData(content.data, patch), dataVersion: content.dataVersion + 1 };

  return {
    async update(_session: Session, value, patch, ifVersion, now) {
      const held = await credentials.read(value);
      if (held && held.snapshot.recordVersion === 0) {
        if (ifVersion !== null && ifVersion !== held.snapshot.version) return { kind: 'conflict' };
        const data = mergeData({}, patch);
        const carried = { ...held.snapshot, shownData: pick(data, shown) };
        const fits = dataFits(data) && (await credentials.write(held.sessionId, held.secret, carried)) !== null;
        if (!fits) return { kind: 'too-large' };
        const written = await materialise(held, data, now);
        // Another request has created the record: the change goes on top of it.
        if (written) return rewritten({ held, written, own: {} }, now);
      }
      const outcome = await changeOwn(value, now, (content) => merged(content, patch, ifVersion));
      return typeof outcome === 'string' ? { kind: outcome } : rewritten(outcome, now);
    },

    async rotate(session, value, now) {
      const secret = newSecret();
      const secretHash = await sha256Base64url(secret);
      const successorKey = await successors.keyName();
      let dead: readonly (string | null)[] = [];
      const outcome = await changeOwn(value, now, (content) => {
        const { chain } = content;
        dead = [chain.previousHash, chain.currentHash];
        return { ...content, chain: rotatedByPrivilege(chain, secretHash, now), successorKey };
      });
      if (typeof outcome === 'string') return { kind: outcome };
      for (const hash of [...dead, outcome.held.secretHash]) if (hash !== null) recent.retireSecret(hash, now);
      tell({ event: 'session-rotated', sessionId: session.sessionId, how: 'privilege' });
      return rewritten({ ...outcome, own: { secret, ...placeIn(outcome.written.content) } }, now);
    },

    async patch(id, patch, ifVersion, now) {
      if (!isSessionId(id)) return { kind: 'ended' };
      const snapshotOf = ({ record, content }: Written): Snapshot =>
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
        (record, content) => {
          const ended = endedBy(record, idleMs, now);
          const over =
            ended === 'expired' || (ended === 'idle' && traits.notesActivity) || recent.endOf(record) !== null;
          return over ? 'ended' : merged(content, patch, ifVersion);
        },
        async (next) => (await credentials.write(id, newSecret(), snapshotOf(next))) !== null,
      );
      if (typeof outcome === 'string') return { kind: outcome };
      return { kind: 'changed', session: sessionFrom(id, snapshotOf(outcome), idleMs), value: null };
    },
  };
}
