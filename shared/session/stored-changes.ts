/** Changing a stored session: the next version is put on top of the newest one, as often as somebody else gets there first. */
import { sha256Base64url } from '../crypto/digest.ts';
import type { Credentials } from './credentials.ts';
import { mergeData } from './data.ts';
import { isFamily, newSecret } from './handle.ts';
import { type Content, openContent, sealContent } from './record.ts';
import type { Claims, Session } from './session.ts';
import type { Locator, StoreRecord } from './store.ts';
import type { StoredParts } from './stored-strategy.ts';
import { type Changed, guarded, type Records, type Strategy } from './strategy.ts';
import { endedBy } from './timing.ts';
import { liveRecord, sessionFrom, snapshotFrom } from './views.ts';

/** DynamoDB's item is 400 kB, and nobody's session should come near it. */
const longestDataBytes = 64 * 1024;
const saveAttempts = 5;

export const dataFits = (data: Claims): boolean => JSON.stringify(data).length <= longestDataBytes;

/** The content to come, or why there shall be none. */
type Next = { readonly content: Content; readonly secretHash: string } | 'ended';

export function createChanges(
  { settings, shown, store, sealer, recent }: StoredParts,
  credentials: Credentials,
): Pick<Strategy, 'update' | 'rotate'> & Pick<Records, 'patch'> {
  const { idleMs } = settings;

  async function change(
    locator: Locator,
    now: number,
    ifVersion: number | null,
    nextOf: (record: StoreRecord, content: Content) => Next,
  ): Promise<{ record: StoreRecord; content: Content } | 'too-large' | 'conflict' | 'ended'> {
    for (let attempt = 0; attempt < saveAttempts; attempt++) {
      // Whoever lost a race asks for the newest version, by whatever way the store has that no cache can shorten.
      const { version: _, ...newest } = locator;
      const record = liveRecord(await guarded(() => store.load(attempt === 0 ? locator : newest, now)));
      const content = record && (await openContent(sealer, record));
      if (!record || !content) return 'ended';
      if (ifVersion !== null && record.version !== ifVersion) return 'conflict';
      const next = nextOf(record, content);
      if (next === 'ended') return 'ended';
      if (!dataFits(next.content.data)) return 'too-large';
      const version = record.version + 1;
      const saved: StoreRecord = {
        ...record,
        version,
        secretHash: next.secretHash,
        sealed: await sealContent(sealer, next.content, record.family, version),
      };
      const outcome = await guarded(() => store.save(saved, now));
      if (outcome === 'saved') return { record: saved, content: next.content };
      if (outcome === 'ended') return 'ended';
    }
    return 'conflict';
  }

  async function changeOwn(
    session: Session,
    value: string,
    now: number,
    ifVersion: number | null,
    freshSecret: string | null,
    dataFrom: (data: Claims) => Claims,
  ): Promise<Changed> {
    const held = await credentials.read(value);
    if (!held || held.family !== session.family) return { kind: 'ended' };
    const { family, subjectKey } = held;
    const secretHash = freshSecret === null ? held.secretHash : await sha256Base64url(freshSecret);
    const outcome = await change({ family, subjectKey, version: session.version }, now, ifVersion, (record, content) =>
      // A secret that was replaced in the meantime must not come back with our save.
      record.secretHash === held.secretHash
        ? { content: { ...content, data: dataFrom(content.data) }, secretHash }
        : 'ended',
    );
    if (typeof outcome === 'string') return { kind: outcome };
    if (freshSecret !== null) recent.retireSecret(held.secretHash);
    const times = { lastSeenAt: Math.max(outcome.record.lastSeenAt, session.lastSeenAt), checkedAt: now };
    const snapshot = snapshotFrom(outcome.record, outcome.content, shown, times);
    const written = await credentials.write(family, freshSecret ?? held.secret, snapshot);
    if (written === null) return { kind: 'too-large' };
    return { kind: 'changed', session: sessionFrom(family, snapshot, idleMs), value: written };
  }

  return {
    update: (session, value, patch, ifVersion, now) =>
      changeOwn(session, value, now, ifVersion, null, (data) => mergeData(data, patch)),

    rotate: (session, value, now) => changeOwn(session, value, now, null, newSecret(), (data) => data),

    async patch(id, patch, ifVersion, now) {
      if (!isFamily(id)) return { kind: 'ended' };
      const outcome = await change({ family: id }, now, ifVersion, (record, content) => {
        const over = endedBy(record, idleMs, now) === 'expired' || recent.endOf(record) !== null;
        return over
          ? 'ended'
          : { content: { ...content, data: mergeData(content.data, patch) }, secretHash: record.secretHash };
      });
      if (typeof outcome === 'string') return { kind: outcome };
      const times = { lastSeenAt: outcome.record.lastSeenAt, checkedAt: now };
      const snapshot = snapshotFrom(outcome.record, outcome.content, shown, times);
      return { kind: 'changed', session: sessionFrom(id, snapshot, idleMs), value: null };
    },
  };
}
