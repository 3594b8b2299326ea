/**
 * Is this cookie's session live? Answered by the cheapest check that keeps the route's promise: the signed snapshot while
 * it is fresh enough, the store when it is not. On the way the secret is rotated when its time has come.
 */
import { judgeBinding } from './binding.ts';
import type { Credential, Credentials } from './credentials.ts';
import { type Content, openContent, sealContent } from './record.ts';
import { advanced, type Chain, judgeSecret, type Shown } from './rotation.ts';
import type { RejectionReason } from './session.ts';
import type { Snapshot } from './snapshot.ts';
import type { StoreRecord } from './store.ts';
import type { StoredParts } from './stored-strategy.ts';
import { type Need, type Recognised, reasonOf } from './strategy.ts';
import type { Successors } from './successor.ts';
import { endedBy, touchIntervalMs } from './timing.ts';
import { liveRecord, sessionFrom, snapshotFrom } from './views.ts';

/** Six parallel requests that all bring the successor for the first time: one writes, the others read again. */
const mostRounds = 6;

type Rejected = Extract<Recognised, { kind: 'rejected' }>;
/** What the client is to hold: a secret and what its snapshot says. */
interface Holding {
  readonly secret: string;
  readonly snapshot: Snapshot;
}

export function createRecognition(
  { settings, shown, store, sealer, recent, tell }: StoredParts,
  credentials: Credentials,
  successors: Successors,
): (value: string, need: Need) => Promise<Recognised> {
  const { idleMs, rotate, binding } = settings;
  const touchEveryMs = touchIntervalMs(idleMs);

  async function recognise(value: string, need: Need): Promise<Recognised> {
    const credential = await credentials.read(value);
    if (!credential) return rejected('invalid');
    const { snapshot, family, secret } = credential;
    const { now, freshnessMs } = need;
    const refusal = refuseAtOnce(credential, need);
    if (refusal) return refusal;

    // An idle end by this copy may be contradicted by the record: another copy of the cookie can have been in use.
    const isIdle = endedBy(snapshot, idleMs, now) === 'idle';
    const isStored = snapshot.recordVersion > 0;
    if (isIdle && !isStored) return rejected('idle');
    const ageMs = now - snapshot.checkedAt;
    const mustAsk = isStored && (ageMs >= freshnessMs || isIdle || (snapshot.pending && !need.passive));
    const touchDue = need.touch && !need.passive && now - snapshot.lastSeenAt >= touchEveryMs;
    if (!mustAsk && !touchDue && (need.passive || !isRotationDue(snapshot, now))) {
      return answer(family, { secret, snapshot }, credential.stale);
    }

    try {
      let held: Holding = { secret, snapshot };
      if (mustAsk) {
        const asked = await ask(credential, need);
        if ('kind' in asked) return asked;
        held = asked;
      }
      if (touchDue) {
        const locator = { family, subjectKey: credential.subjectKey, version: held.snapshot.recordVersion };
        if (isStored && (await store.touch(locator, now, now)) === 'ended') return reject(family, 'revoked');
        held = { ...held, snapshot: { ...held.snapshot, lastSeenAt: now } };
      }
      if (!need.passive && isRotationDue(held.snapshot, now)) held = await handOutSuccessor(family, held, now);
      // On a route that always asks, a newer date of asking is worth nothing to the next request: no cookie for it.
      const changed = held.secret !== secret || held.snapshot.recordVersion !== snapshot.recordVersion;
      const worthWriting = changed || touchDue || credential.stale || (mustAsk && freshnessMs > 0) || snapshot.pending;
      return answer(family, held, worthWriting);
    } catch (error) {
      const graceMs = need.safeMethod ? settings.whenStoreIsDown.safeMethodsMs : 0;
      const goodEnough = !isIdle && freshnessMs > 0 && ageMs < freshnessMs + graceMs;
      return goodEnough
        ? answer(family, { secret, snapshot }, false)
        : { kind: 'unavailable', because: reasonOf(error) };
    }
  }

  /** What needs no authority: it is known here, or stands in the cookie. */
  function refuseAtOnce({ family, subjectKey, secretHash, snapshot }: Credential, need: Need): Rejected | null {
    const over = recent.isRetired(secretHash)
      ? 'replaced'
      : recent.endOf({ family, subjectKey, createdAt: snapshot.createdAt });
    if (over) return reject(family, 'revoked', over === 'replaced');
    if (endedBy(snapshot, idleMs, need.now) === 'expired') return reject(family, 'expired');
    const verdict = judgeBinding(snapshot.atLogin, need.client, binding);
    if (verdict.kind === 'same') return null;
    const worthTelling = verdict.strict || need.now - snapshot.lastSeenAt >= touchEveryMs;
    if (worthTelling) tell({ event: 'session-client-changed', family, what: verdict.what, strict: verdict.strict });
    // Its cookie is not cleared: the client that it was begun with may be the one that comes back.
    return verdict.strict ? { kind: 'rejected', reason: 'invalid', replaced: true } : null;
  }

  async function answer(family: string, { secret, snapshot }: Holding, worthWriting: boolean): Promise<Recognised> {
    const renewed = worthWriting ? await credentials.write(family, secret, snapshot) : null;
    return { kind: 'active', session: sessionFrom(family, snapshot, idleMs), renewed };
  }

  /** What the authority says of a cookie; a successor that is shown for the first time becomes the current secret there. */
  async function ask(credential: Credential, { now, client, passive }: Need): Promise<Holding | Rejected> {
    const { family, subjectKey, secretHash, secret, snapshot } = credential;
    const shownSecret: Shown = { generation: snapshot.generation, secretHash, by: client() };
    for (let round = 0; round < mostRounds; round++) {
      const version = round === 0 ? { version: snapshot.recordVersion } : {};
      const record = liveRecord(await store.load({ family, subjectKey, ...version }, now));
      if (record === null) return reject(family, 'revoked');
      const lastSeenAt = Math.max(record.lastSeenAt, snapshot.lastSeenAt);
      const ended = endedBy({ lastSeenAt, endsAt: record.endsAt }, idleMs, now);
      if (ended) return reject(family, ended);
      const content = await openContent(sealer, record);
      if (!content) {
        tell({ event: 'session-key-unknown', family });
        return rejected('invalid');
      }
      const holding = (of: StoreRecord, more: Partial<Snapshot> = {}): Holding => ({
        secret,
        snapshot: snapshotFrom(of, content, shown, {
          ...snapshot,
          lastSeenAt,
          checkedAt: now,
          pending: false,
          ...more,
        }),
      });

      const verdict = judgeSecret(content.chain, shownSecret, rotate.graceMs, now);
      if (verdict.kind === 'current') return holding(record);
      if (passive)
        return verdict.kind === 'advance' || verdict.kind === 'grace' ? holding(record) : rejected('revoked');
      if (verdict.kind === 'replaced') return reject(family, 'revoked', true);
      if (verdict.kind === 'reuse') {
        tell({ event: 'session-reuse', family, because: verdict.because });
        recent.endFamily(family, 'ended');
        await store.revoke(family, { at: now, why: 'reuse', keepUntil: record.endsAt });
        return rejected('revoked');
      }
      const { chain } = content;
      const next =
        verdict.kind === 'advance' ? advanced(chain, shownSecret, now) : { ...chain, graceUses: chain.graceUses + 1 };
      const saved = await relink(record, content, next);
      const outcome = await store.save(saved, now);
      if (outcome === 'ended') return reject(family, 'revoked');
      if (outcome === 'conflict') continue;
      if (verdict.kind === 'advance') {
        tell({ event: 'session-rotated', family, how: 'periodic' });
        return holding(saved);
      }
      return {
        // As old as the successor is: else it would be replaced at once, and its own latecomers would hold a grandparent.
        ...holding(saved, { generation: chain.generation, rotatedAt: chain.currentSince }),
        secret: await successorOf(family, { secret, snapshot }),
      };
    }
    throw new Error('the record found no quiet moment');
  }

  async function relink(record: StoreRecord, content: Content, chain: Chain): Promise<StoreRecord> {
    const version = record.version + 1;
    const sealed = await sealContent(sealer, { ...content, chain }, record.family, version);
    return { ...record, version, secretHash: chain.currentHash, sealed };
  }

  function isRotationDue({ recordVersion, rotatedAt, pending }: Snapshot, now: number): boolean {
    return recordVersion > 0 && !pending && now - rotatedAt >= rotate.everyMs;
  }

  const successorOf = (family: string, { secret, snapshot }: Holding): Promise<string> =>
    successors.after({ family, secret, generation: snapshot.generation }, snapshot.successorKey);

  /** Everybody who holds this secret is given the same one; the authority hears of it when it is first shown. */
  async function handOutSuccessor(family: string, held: Holding, now: number): Promise<Holding> {
    return {
      secret: await successorOf(family, held),
      snapshot: {
        ...held.snapshot,
        generation: held.snapshot.generation + 1,
        rotatedAt: now,
        pending: true,
        successorKey: await successors.keyName(),
      },
    };
  }

  function reject(family: string, reason: RejectionReason, replaced = false): Rejected {
    tell({ event: 'session-rejected', family, reason });
    return { kind: 'rejected', reason, replaced };
  }

  return recognise;
}

const rejected = (reason: RejectionReason): Rejected => ({ kind: 'rejected', reason, replaced: false });
