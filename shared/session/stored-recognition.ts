/**
 * Is this cookie's session live? Answered by the cheapest check that keeps the route's promise: the signed snapshot while
 * it is fresh enough, the store when it is not.
 */
import type { Credential, Credentials } from './credentials.ts';
import { type Content, openContent } from './record.ts';
import type { RejectionReason } from './session.ts';
import type { StoreRecord } from './store.ts';
import type { StoredParts } from './stored-strategy.ts';
import { type Need, type Recognised, reasonOf } from './strategy.ts';
import { endedBy, touchIntervalMs } from './timing.ts';
import { liveRecord, sessionFrom, snapshotFrom } from './views.ts';

export function createRecognition(
  { settings, shown, store, sealer, recent }: StoredParts,
  credentials: Credentials,
): (value: string, need: Need) => Promise<Recognised> {
  const { idleMs } = settings;
  const touchEveryMs = touchIntervalMs(idleMs);

  return async (value, { now, freshnessMs, touch, safeMethod }) => {
    const credential = await credentials.read(value);
    if (!credential) return rejected('invalid');
    const { snapshot, family, subjectKey, secret, secretHash, stale } = credential;
    const over = recent.isRetired(secretHash)
      ? 'replaced'
      : recent.endOf({ family, subjectKey, createdAt: snapshot.createdAt });
    if (over) return rejected('revoked', over === 'replaced');
    const endedHere = endedBy(snapshot, idleMs, now);
    if (endedHere === 'expired') return rejected('expired');

    const ageMs = now - snapshot.checkedAt;
    // An idle end by this copy may be contradicted by the record: another copy of the cookie can have been in use.
    const mustAsk = ageMs >= freshnessMs || endedHere === 'idle';
    const touchDue = touch && now - snapshot.lastSeenAt >= touchEveryMs;
    const active = async (current: typeof snapshot, worthWriting: boolean): Promise<Recognised> => ({
      kind: 'active',
      session: sessionFrom(family, current, idleMs),
      renewed: worthWriting ? await credentials.write(family, secret, current) : null,
    });
    if (!mustAsk && !touchDue) return active(snapshot, stale);

    try {
      let current = snapshot;
      if (mustAsk) {
        const answer = await ask(credential, now);
        if ('kind' in answer) return answer;
        const lastSeenAt = Math.max(answer.record.lastSeenAt, snapshot.lastSeenAt);
        current = snapshotFrom(answer.record, answer.content, shown, { lastSeenAt, checkedAt: now });
      }
      if (touchDue) {
        const touched = await store.touch({ family, subjectKey, version: current.version }, now, now);
        if (touched === 'ended') return rejected('revoked');
        current = { ...current, lastSeenAt: now };
      }
      // On a route that always asks, a newer date of asking is worth nothing to the next request: no cookie for it.
      const worthWriting = touchDue || freshnessMs > 0 || current.version !== snapshot.version || stale;
      return active(current, worthWriting);
    } catch (error) {
      const graceMs = safeMethod ? settings.whenStoreIsDown.safeMethodsMs : 0;
      const goodEnough = endedHere === null && freshnessMs > 0 && ageMs < freshnessMs + graceMs;
      return goodEnough ? active(snapshot, false) : { kind: 'unavailable', because: reasonOf(error) };
    }
  };

  /** What the authority says of a cookie. */
  async function ask(
    { family, subjectKey, secretHash, snapshot }: Credential,
    now: number,
  ): Promise<{ record: StoreRecord; content: Content } | Extract<Recognised, { kind: 'rejected' }>> {
    const record = liveRecord(await store.load({ family, subjectKey, version: snapshot.version }, now));
    if (record === null) return rejected('revoked');
    if (record.secretHash !== secretHash) return rejected('revoked', true);
    const lastSeenAt = Math.max(record.lastSeenAt, snapshot.lastSeenAt);
    const ended = endedBy({ lastSeenAt, endsAt: record.endsAt }, idleMs, now);
    if (ended) return rejected(ended);
    const content = await openContent(sealer, record);
    return content ? { record, content } : rejected('invalid');
  }
}

const rejected = (reason: RejectionReason, replaced = false): Extract<Recognised, { kind: 'rejected' }> => ({
  kind: 'rejected',
  reason,
  replaced,
});
