/**
 * Checks a cookie against the store: whether its session is live, and whether its secret is current. The first use of a next
 * secret makes it the current one. Reuse of an old secret ends the session.
 */
import { sha256Base64url } from '../../crypto/digest.ts';
import type { RejectionReason } from '../session.ts';
import type { Loaded, StoreRecord } from '../store/records.ts';
import { inFlightMs } from '../store/revocation-cache.ts';
import { endedAtOf } from '../store/rows.ts';
import type { AuthOptions } from '../strategy/authentication.ts';
import { createRefusals, type Rejected } from '../strategy/refusals.ts';
import { endedBy } from '../timing.ts';
import type { Credential } from './cookie/credentials.ts';
import type { Snapshot } from './cookie/snapshot.ts';
import { liveRecord, snapshotFrom } from './mapping.ts';
import type { NextSecrets } from './next-secret.ts';
import { type Content, openRecord, sealContent } from './record.ts';
import { judgeSecret, maxGraceUses, rotated, type SecretVerdict, type ShownSecret } from './rotation.ts';
import type { StoredParts } from './stored-strategy.ts';

/** What goes into the client's cookie. */
export interface CookieContent {
  readonly secret: string;
  readonly snapshot: Snapshot;
}

export type AuthorityAnswer =
  | Rejected
  /** `rotationDue`: the secret is current and old enough to be rotated. */
  | { readonly kind: 'live'; readonly holding: CookieContent; readonly rotationDue: boolean };

/** Each conflict is another writer's success, and the grace bounds how many writes concern one secret. */
const maxRounds = maxGraceUses + 5;

/** Throws in an outage of the store. */
export function createAuthority(
  { settings, shown, store, traits, sealer, recent, emit: tell }: StoredParts,
  successors: NextSecrets,
): (credential: Credential, need: AuthOptions) => Promise<AuthorityAnswer> {
  const { idleMs, rotate } = settings;
  const refusals = createRefusals(tell);

  async function ask(credential: Credential, need: AuthOptions): Promise<AuthorityAnswer> {
    const { sessionId, subjectKey, secretHash, secret, snapshot } = credential;
    const { now, client, passive = false } = need;
    for (let round = 0; round < maxRounds; round++) {
      const version = round === 0 ? { version: snapshot.recordVersion } : {};
      const loaded = await store.load({ sessionId, subjectKey, ...version }, now);
      const record = liveRecord(loaded, settings.absoluteMs);
      if (record === null) return gone(credential, loaded, need);
      const lastSeenAt = Math.max(record.lastSeenAt, snapshot.lastSeenAt);
      const ended = endedBy({ lastSeenAt, endsAt: record.endsAt }, idleMs, now);
      if (ended) return refusals.rejected(sessionId, ended);
      const opened = await openRecord(sealer, record);
      if (!opened) return refusals.unreadable({ because: 'key', sessionId });
      const { content } = opened;
      const { chain } = content;
      const live = (
        of: StoreRecord,
        more: Partial<Snapshot> = {},
        own = secret,
        rotationDue = false,
      ): AuthorityAnswer => {
        const { successorKey } = content;
        const held = { ...snapshot, successorKey, lastSeenAt, checkedAt: now, pending: false, ...more };
        return {
          kind: 'live',
          holding: { secret: own, snapshot: snapshotFrom(of, content, shown, held) },
          rotationDue,
        };
      };

      // A passive check has no client to compare: it uses the recorded one.
      const by = (passive ? chain.currentBy : null) ?? client();
      const shownSecret: ShownSecret = { generation: snapshot.generation, secretHash, by };
      const verdict = judgeSecret(chain, shownSecret, rotate.graceMs, now);
      if (passive) return isHonoured(verdict) ? live(record) : rejectSilently('revoked');
      if (verdict.kind === 'replaced') return refusals.rejected(sessionId, 'revoked', true);
      if (verdict.kind === 'reuse') return endReused(record, verdict.because, now);

      if (verdict.kind === 'current') {
        // No rotation while the parent is in its grace: the parent would become a grandparent, and its use would be reuse.
        const parentIsGone = chain.previousHash === null || now - chain.currentSince > rotate.graceMs;
        const rotationDue = parentIsGone && now - snapshot.rotatedAt >= rotate.everyMs;
        if (!opened.stale) return live(record, {}, secret, rotationDue);
        const resealed = await nextOf(record, content);
        const outcome = await store.save(resealed, now);
        if (outcome === 'ended') return gone(credential, await store.load({ sessionId, subjectKey }, now), need);
        if (outcome === 'saved') return live(resealed, {}, secret, rotationDue);
        continue;
      }

      if (verdict.kind === 'advance') {
        const { successorKey } = snapshot;
        const saved = await nextOf(record, { ...content, chain: rotated(chain, shownSecret, now), successorKey });
        const outcome = await store.save(saved, now);
        if (outcome === 'ended') return gone(credential, await store.load({ sessionId, subjectKey }, now), need);
        if (outcome === 'conflict') continue;
        tell({ event: 'session-rotated', sessionId, how: 'periodic' });
        return live(saved, { successorKey });
      }

      const { generation } = snapshot;
      const successor = await successors.after({ sessionId, secret, generation }, snapshot.successorKey);
      // The key that derived it was removed: the current secret cannot be derived again.
      if ((await sha256Base64url(successor)) !== chain.currentHash)
        return refusals.rejected(sessionId, 'revoked', true);
      const counted = { ...content, chain: { ...chain, graceUses: chain.graceUses + 1 } };
      const saved = await nextOf(record, counted);
      const outcome = await store.save(saved, now);
      if (outcome === 'ended') return gone(credential, await store.load({ sessionId, subjectKey }, now), need);
      if (outcome === 'saved') {
        return live(saved, { generation: chain.generation, rotatedAt: chain.currentSince }, successor);
      }
    }
    throw new Error(`the record was not written: ${maxRounds} conflicting writes`);
  }

  /** The record's next version. */
  async function nextOf(record: StoreRecord, content: Content): Promise<StoreRecord> {
    const version = record.version + 1;
    const sealed = await sealContent(sealer, content, record.sessionId, version);
    return { ...record, version, secretHash: content.chain.currentHash, sealed };
  }

  /** There is no live record. */
  function gone({ sessionId, snapshot }: Credential, loaded: Loaded, { now, passive }: AuthOptions): Rejected {
    const endedAt = endedAtOf(loaded, snapshot.createdAt);
    if (endedAt === null) {
      if (now - snapshot.checkedAt < traits.maxLagMs)
        throw new Error('the record may not have arrived at this location');
      return refusals.rejected(sessionId, 'revoked');
    }
    const replaced = now - endedAt <= inFlightMs;
    if (!passive) recent.endSession(sessionId, replaced ? 'replaced' : 'ended', endedAt);
    return refusals.rejected(sessionId, 'revoked', replaced);
  }

  async function endReused({ sessionId, endsAt }: StoreRecord, because: string, now: number): Promise<Rejected> {
    tell({ event: 'session-reuse', sessionId, because });
    recent.endSession(sessionId, 'ended');
    // Refused even if the store cannot be reached: the next use is judged to be reuse again.
    await store.revoke(sessionId, { at: now, why: 'reuse', keepUntil: endsAt }).catch(() => undefined);
    return rejectSilently('revoked');
  }

  return ask;
}

const isHonoured = ({ kind }: SecretVerdict): boolean => kind === 'current' || kind === 'advance' || kind === 'grace';

const rejectSilently = (reason: RejectionReason): Rejected => ({ kind: 'rejected', reason, replaced: false });
