/**
 * Checks a cookie against the store: whether its session is live, and whether its secret is current. The first use of a next
 * secret makes it the current one. Reuse of an old secret ends the session.
 */
import { sha256Base64url } from '../../crypto/digest.ts';
import type { Loaded, StoreRecord } from '../store/records.ts';
import { inFlightMs } from '../store/revocation-cache.ts';
import { endedAtOf } from '../store/rows.ts';
import type { AuthOptions } from '../strategy/authentication.ts';
import { createRefusals, type Rejected } from '../strategy/refusals.ts';
import type { SessionEndings } from '../strategy/session-endings.ts';
import { endedBy } from '../timing.ts';
import type { Credential } from './cookie/credentials.ts';
import type { Snapshot } from './cookie/snapshot.ts';
import { liveRecord, snapshotFrom } from './mapping.ts';
import type { StoredParts } from './parts.ts';
import { type Content, nextRecord, type OpenedRecord, openRecord } from './record.ts';
import { isFirstShown, judgeSecret, maxGraceUses, rotated, type SecretVerdict, type ShownSecret } from './rotation.ts';

/** What goes into the client's cookie. */
export interface CookieContent {
  readonly secret: string;
  readonly snapshot: Snapshot;
}

export type AuthorityAnswer =
  | Rejected
  /** `rotationDue`: the secret is current and old enough to be rotated. */
  | {
      readonly kind: 'live';
      readonly cookie: CookieContent;
      readonly rotationDue: boolean;
      /** The store has noted this request as activity. */
      readonly isNoted: boolean;
      /** The client has a newer cookie from another reply. */
      readonly keepsCookie: boolean;
    };

/** `notes`: the request counts as activity, which the store is asked to note in the same call. */
export type AskAuthority = (credential: Credential, options: AuthOptions, notes?: boolean) => Promise<AuthorityAnswer>;

/** What a verdict leads to. */
interface Transition {
  readonly kind: 'live';
  /** The record's next content, or `null` if it stays. */
  readonly save: Content | null;
  /** What changes in the cookie. */
  readonly cookie?: Partial<Snapshot>;
  readonly secret?: string;
  readonly rotationDue?: boolean;
  readonly keepsCookie?: true;
}

interface Seen extends OpenedRecord {
  readonly credential: Credential;
  readonly shownSecret: ShownSecret;
  readonly isNoted: boolean;
  readonly now: number;
}

/** Each conflict is another writer's success, and the grace bounds how many writes concern one secret. */
const maxAttempts = maxGraceUses + 5;

/** Throws in an outage of the store. */
export function createAuthority(parts: StoredParts, endings: Pick<SessionEndings, 'revoke'>): AskAuthority {
  const { settings, shown, store, traits, sealer, nextSecrets, recent, emit } = parts;
  const { idleMs, rotate } = settings;
  const refusals = createRefusals(emit);
  /** KV: writes of one session take turns of a second. */
  const writesTakeTurns = traits.maxLagMs > 0;

  /** By the verdict on the secret. Reuse is not here: it ends the session. */
  const transitions: Readonly<
    Record<
      Exclude<SecretVerdict['kind'], 'reuse'>,
      (seen: Seen) => Rejected | Transition | Promise<Rejected | Transition>
    >
  > = {
    current({ content, stale, credential: { snapshot }, shownSecret: { by }, now }) {
      const { chain } = content;
      const { previousHash, currentSince } = chain;
      // No rotation while the parent is in its grace: the parent would become a grandparent, and its use would be reuse.
      const isParentGone = previousHash === null || now - currentSince > rotate.graceMs;
      const rotationDue = isParentGone && now - snapshot.rotatedAt >= rotate.everyMs;
      // Not where it would be one write more in the second of the change (KV).
      const becomesKnown = isFirstShown(chain) && !writesTakeTurns;
      const save = becomesKnown ? { ...content, chain: { ...chain, currentBy: by } } : content;
      return { kind: 'live', save: becomesKnown || stale ? save : null, rotationDue };
    },

    advance({ content, credential: { snapshot }, shownSecret, now }) {
      const { successorKey } = snapshot;
      return {
        kind: 'live',
        save: { ...content, chain: rotated(content.chain, shownSecret, now), successorKey },
        cookie: { successorKey },
      };
    },

    async grace({ content, credential: { sessionId, secret, snapshot } }) {
      const { chain } = content;
      const { generation, successorKey } = snapshot;
      const current = await nextSecrets.after({ sessionId, secret, generation }, successorKey);
      // The key that derived it was removed: the current secret cannot be derived again.
      if ((await sha256Base64url(current)) !== chain.currentHash) return refusals.rejected(sessionId, 'revoked', true);
      return {
        kind: 'live',
        // These uses are not counted on KV: a page would wait for the writes.
        save: writesTakeTurns ? null : { ...content, chain: { ...chain, graceUses: chain.graceUses + 1 } },
        cookie: { generation: chain.generation, rotatedAt: chain.currentSince },
        secret: current,
      };
    },

    served: () => ({ kind: 'live', save: null, keepsCookie: true }),

    replaced({ content: { chain }, credential: { sessionId, snapshot }, now }) {
      // Later no reply with another cookie is in flight. A secret newer than the record's is the store's lag.
      const isOver = snapshot.generation <= chain.generation && now - chain.currentSince > inFlightMs;
      return refusals.rejected(sessionId, 'revoked', !isOver);
    },
  };

  async function ask(credential: Credential, options: AuthOptions, notes = false): Promise<AuthorityAnswer> {
    const { sessionId, subjectKey, secretHash, snapshot } = credential;
    const { now, client, passive = false } = options;
    const activity = notes ? { at: now, ifSeenAfter: now - idleMs } : undefined;
    let isNoted = false;
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      const version = attempt === 0 ? { version: snapshot.recordVersion } : {};
      const loaded = await store.load({ sessionId, subjectKey, ...version }, now, isNoted ? undefined : activity);
      isNoted ||= loaded.isNoted === true;
      const record = liveRecord(loaded, settings.absoluteMs);
      if (record === null) return gone(credential, loaded, options);
      const lastSeenAt = Math.max(record.lastSeenAt, snapshot.lastSeenAt);
      const ended = endedBy({ lastSeenAt, endsAt: record.endsAt }, idleMs, now);
      if (ended) return refusals.rejected(sessionId, ended);
      const opened = await openRecord(sealer, record);
      if (!opened) return refusals.unreadable({ because: 'key', sessionId });

      const { chain } = opened.content;
      // A passive check has no client to compare: it uses the recorded one.
      const by = (passive ? chain.currentBy : null) ?? client();
      const seen: Seen = {
        ...opened,
        credential,
        shownSecret: { generation: snapshot.generation, secretHash, by },
        isNoted,
        now,
      };
      const verdict = judgeSecret(chain, seen.shownSecret, rotate.graceMs, now);
      if (passive) return isAccepted(verdict) ? live(seen, record, { kind: 'live', save: null }) : revoked;
      if (verdict.kind === 'reuse') return endReused(record, verdict.because, now);
      const transition = await transitions[verdict.kind](seen);
      if (transition.kind === 'rejected') return transition;

      const saved = transition.save ? await nextRecord(sealer, record, transition.save) : record;
      const outcome = transition.save ? await store.save(saved, now) : 'saved';
      if (outcome === 'conflict') continue;
      if (outcome === 'ended') return gone(credential, await store.load({ sessionId, subjectKey }, now), options);
      if (verdict.kind === 'advance') emit({ event: 'session-rotated', sessionId, how: 'periodic' });
      return live(seen, saved, transition);
    }
    throw new Error(`the record was not written: ${maxAttempts} conflicting writes`);
  }

  function live(seen: Seen, record: StoreRecord, transition: Transition): AuthorityAnswer {
    const { credential, content, isNoted, now } = seen;
    const { snapshot, secret } = credential;
    const snapshotNow = snapshotFrom(record, content, shown, {
      ...snapshot,
      successorKey: content.successorKey,
      lastSeenAt: isNoted ? now : Math.max(record.lastSeenAt, snapshot.lastSeenAt),
      checkedAt: now,
      pending: false,
      ...transition.cookie,
    });
    return {
      kind: 'live',
      cookie: { secret: transition.secret ?? secret, snapshot: snapshotNow },
      rotationDue: transition.rotationDue ?? false,
      isNoted,
      keepsCookie: transition.keepsCookie ?? false,
    };
  }

  /** There is no live record. */
  function gone({ sessionId, snapshot }: Credential, loaded: Loaded, { now, passive }: AuthOptions): Rejected {
    const endedAt = endedAtOf(loaded, snapshot.createdAt);
    if (endedAt === null) {
      if (now - snapshot.checkedAt < traits.maxLagMs) {
        throw new Error('the record may not have arrived at this location');
      }
      return refusals.rejected(sessionId, 'revoked');
    }
    const replaced = now - endedAt <= inFlightMs;
    if (!passive) recent.endSession(sessionId, replaced ? 'replaced' : 'ended', endedAt);
    return refusals.rejected(sessionId, 'revoked', replaced);
  }

  async function endReused({ sessionId }: StoreRecord, because: string, now: number): Promise<Rejected> {
    emit({ event: 'session-reuse', sessionId, because });
    // Refused even if the store cannot be reached: the end is written later.
    await endings.revoke(sessionId, 'reuse', now).catch(() => undefined);
    return revoked;
  }

  return ask;
}

const isAccepted = ({ kind }: SecretVerdict): boolean => kind !== 'replaced' && kind !== 'reuse';

const revoked: Rejected = { kind: 'rejected', reason: 'revoked', replaced: false };
