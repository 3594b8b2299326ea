/** Changing a stored session: the next version is put on top of the newest one, as often as somebody else gets there first. */
import { sha256Base64url } from '../crypto/digest.ts';
import type { Credential, Credentials } from './credentials.ts';
import { mergeData } from './data.ts';
import { isFamily, newSecret } from './handle.ts';
import { type Content, openContent, sealContent } from './record.ts';
import { forcedOn, judgeSecret } from './rotation.ts';
import type { Session } from './session.ts';
import type { Snapshot } from './snapshot.ts';
import type { Locator, StoreRecord } from './store.ts';
import type { StoredParts } from './stored-strategy.ts';
import { type Changed, type DataPatch, guarded, type Records, type Strategy } from './strategy.ts';
import { endedBy } from './timing.ts';
import { liveRecord, pick, sessionFrom, snapshotFrom } from './views.ts';

/** DynamoDB's item is 400 kB, and nobody's session should come near it. */
const longestDataBytes = 64 * 1024;
const saveAttempts = 5;

export const dataFits = (data: Readonly<Record<string, unknown>>): boolean =>
  JSON.stringify(data).length <= longestDataBytes;

type Written = { readonly record: StoreRecord; readonly content: Content };

export function createChanges(
  { settings, shown, store, sealer, recent, tell }: StoredParts,
  credentials: Credentials,
  /** Makes the record of an anonymous session that had none, with its first data. */
  materialise: (held: Credential, data: Readonly<Record<string, unknown>>, now: number) => Promise<Written | null>,
): Pick<Strategy, 'update' | 'rotate'> & Pick<Records, 'patch'> {
  const { idleMs, rotate } = settings;

  async function change(
    locator: Locator,
    now: number,
    nextOf: (record: StoreRecord, content: Content) => Content | 'ended' | 'conflict',
    /** Asked before anything is saved: what a cookie could not carry afterwards must not come to be. */
    isCarriable: (written: Written) => Promise<boolean>,
  ): Promise<Written | 'too-large' | 'conflict' | 'ended'> {
    for (let attempt = 0; attempt < saveAttempts; attempt++) {
      // Whoever lost a race asks for the newest version, by whatever way the store has that no cache can shorten.
      const { version: _, ...newest } = locator;
      const record = liveRecord(await guarded(() => store.load(attempt === 0 ? locator : newest, now)));
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
        sealed: await sealContent(sealer, next, record.family, version),
      };
      if (!(await isCarriable({ record: saved, content: next }))) return 'too-large';
      const outcome = await guarded(() => store.save(saved, now));
      if (outcome === 'saved') return { record: saved, content: next };
      if (outcome === 'ended') return 'ended';
    }
    return 'conflict';
  }

  /** By whoever holds the session's credential: a copy that was replaced in the meantime changes nothing. */
  async function changeOwn(
    value: string,
    now: number,
    nextOf: (content: Content) => Content | 'conflict',
  ): Promise<{ held: Credential; written: Written } | 'too-large' | 'conflict' | 'ended'> {
    const held = await credentials.read(value);
    if (!held) return 'ended';
    const { family, subjectKey, snapshot, secretHash } = held;
    const shownSecret = { generation: snapshot.generation, secretHash, by: snapshot.atLogin };
    const written = await change(
      { family, subjectKey, version: snapshot.recordVersion },
      now,
      (_, content) => {
        const verdict = judgeSecret(content.chain, shownSecret, rotate.graceMs, now);
        return verdict.kind === 'current' || verdict.kind === 'advance' ? nextOf(content) : 'ended';
      },
      async (next) => (await rewritten({ held, written: next }, now)).kind !== 'too-large',
    );
    return typeof written === 'string' ? written : { held, written };
  }

  async function rewritten(
    { held, written }: { held: Credential; written: Written },
    now: number,
    more: Partial<Snapshot> & { secret?: string } = {},
  ): Promise<Changed> {
    const { secret = held.secret, ...changes } = more;
    const lastSeenAt = Math.max(written.record.lastSeenAt, held.snapshot.lastSeenAt);
    const basis = { ...held.snapshot, ...changes, lastSeenAt, checkedAt: now };
    const snapshot = snapshotFrom(written.record, written.content, shown, basis);
    const value = await credentials.write(held.family, secret, snapshot);
    if (value === null) return { kind: 'too-large' };
    return { kind: 'changed', session: sessionFrom(held.family, snapshot, idleMs), value };
  }

  const merged = (content: Content, patch: DataPatch, ifVersion: number | null): Content | 'conflict' =>
    ifVersion !== null && content.dataVersion !== ifVersion
      ? 'conflict'
      : { ...content, data: mergeData(content.data, patch), dataVersion: content.dataVersion + 1 };

  return {
    async update(_session: Session, value, patch, ifVersion, now) {
      const held = await credentials.read(value);
      if (held && held.snapshot.recordVersion === 0) {
        const data = mergeData({}, patch);
        const carried = { ...held.snapshot, shownData: pick(data, shown) };
        const fits = dataFits(data) && (await credentials.write(held.family, held.secret, carried)) !== null;
        if (!fits) return { kind: 'too-large' };
        const written = await materialise(held, data, now);
        // Somebody else was first to give it data: then there is a record, and ours goes on top of it.
        if (written) return rewritten({ held, written }, now);
      }
      const outcome = await changeOwn(value, now, (content) => merged(content, patch, ifVersion));
      return typeof outcome === 'string' ? { kind: outcome } : rewritten(outcome, now);
    },

    async rotate(session, value, now) {
      const secret = newSecret();
      const secretHash = await sha256Base64url(secret);
      const outcome = await changeOwn(value, now, (content) => ({
        ...content,
        chain: forcedOn(content.chain, secretHash, now),
      }));
      if (typeof outcome === 'string') return { kind: outcome };
      recent.retireSecret(outcome.held.secretHash);
      tell({ event: 'session-rotated', family: session.family, how: 'privilege' });
      const { generation } = outcome.written.content.chain;
      return rewritten(outcome, now, { secret, generation, rotatedAt: now, pending: false });
    },

    async patch(id, patch, ifVersion, now) {
      if (!isFamily(id)) return { kind: 'ended' };
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
        { family: id },
        now,
        (record, content) => {
          const over = endedBy(record, idleMs, now) === 'expired' || recent.endOf(record) !== null;
          return over ? 'ended' : merged(content, patch, ifVersion);
        },
        async (next) => (await credentials.write(id, newSecret(), snapshotOf(next))) !== null,
      );
      if (typeof outcome === 'string') return { kind: outcome };
      return { kind: 'changed', session: sessionFrom(id, snapshotOf(outcome), idleMs), value: null };
    },
  };
}
