/**
 * Is this cookie's session live? Answered by the cheapest check that keeps the route's promise: the signed snapshot while
 * it is fresh enough, the store when it is not. On the way the secret is rotated when its time has come.
 */

import { chain, type MaybePromise } from '../../time/maybe-promise.ts';
import { skewMs } from '../../time/skew.ts';
import { judgeBinding } from '../request/binding.ts';
import type { RejectionReason } from '../session.ts';
import { inFlightMs } from '../store/revocation-cache.ts';
import { reasonOf } from '../store/unavailable.ts';
import type { AuthOptions, AuthResult } from '../strategy/strategy.ts';
import { endedBy, isWithin, touchIntervalMs } from '../timing.ts';
import { type CookieContent, createAuthority, type Rejected } from './authority.ts';
import type { Credential, Credentials } from './cookie/credentials.ts';
import { isAheadOfUs } from './cookie/snapshot.ts';
import { sessionFrom } from './mapping.ts';
import type { NextSecrets } from './next-secret.ts';
import type { StoredParts } from './stored-strategy.ts';

/** A store that could not take a touch is left alone with touches for so long: nobody waits for what can wait. */
const touchPauseMs = 5_000;

export function createRecognition(
  parts: StoredParts,
  credentials: Credentials,
  successors: NextSecrets,
): (value: string, need: AuthOptions) => MaybePromise<AuthResult> {
  const { settings, store, recent, emit: tell } = parts;
  const { idleMs, rotate, binding } = settings;
  const touchEveryMs = touchIntervalMs(idleMs);
  const ask = createAuthority(parts, successors);
  let touchesAgainAt = Number.NEGATIVE_INFINITY;

  const recognise = (value: string, need: AuthOptions): MaybePromise<AuthResult> =>
    chain(credentials.read(value), (credential) => (credential ? weigh(credential, need) : unreadable(value)));

  /** What the cookie and this isolate know, and whether that is enough. */
  function weigh(credential: Credential, need: AuthOptions): MaybePromise<AuthResult> {
    const { snapshot, sessionId, secret } = credential;
    const { now, freshnessMs, passive = false } = need;
    const refusal = refuseAtOnce(credential, need);
    if (refusal) return refusal;

    // An idle end by this copy may be contradicted by the record: another copy of the cookie can have been in use.
    const isIdle = endedBy(snapshot, idleMs, now) === 'idle';
    const isStored = snapshot.recordVersion > 0;
    if (isIdle && !isStored) return reject(sessionId, 'idle');
    const ageMs = now - snapshot.checkedAt;
    const isRetired = recent.retiredAt(credential.secretHash) !== null;
    const isAged = !isWithin(freshnessMs, ageMs);
    // A successor is given out on the authority's word only: to whoever comes late with a stolen parent it says "reuse".
    const isMoving = !passive && (snapshot.pending || now - snapshot.rotatedAt >= rotate.everyMs);
    const mustAsk = isStored && (isAged || isIdle || isRetired || isMoving);
    const touchDue = need.touch && !passive && now - snapshot.lastSeenAt >= touchEveryMs;
    if (!mustAsk && !touchDue) return answer(sessionId, { secret, snapshot }, credential.stale);
    return renew(credential, need, { mustAsk, touchDue, mayGoOn: !isIdle && !isRetired });
  }

  /** What has to be asked, noted or handed out. `mayGoOn`: in an outage, the cookie may be taken at its word. */
  async function renew(
    credential: Credential,
    need: AuthOptions,
    {
      mustAsk,
      touchDue,
      mayGoOn,
    }: { readonly mustAsk: boolean; readonly touchDue: boolean; readonly mayGoOn: boolean },
  ): Promise<AuthResult> {
    const { snapshot, sessionId, secret } = credential;
    const { now, freshnessMs } = need;
    try {
      let held: CookieContent = { secret, snapshot };
      if (mustAsk) {
        const asked = await ask(credential, need);
        if (asked.kind === 'rejected') return asked;
        held = asked.holding;
        if (asked.rotationDue) held = await handOutSuccessor(sessionId, held, now);
      }
      if (touchDue) {
        const touched = await touch(credential, held, need);
        if ('kind' in touched) return touched;
        held = touched;
      }
      // On a route that always asks, a newer date of asking is worth nothing to the next request: no cookie for it.
      const changed = held.secret !== secret || held.snapshot.recordVersion !== snapshot.recordVersion;
      const touched = held.snapshot.lastSeenAt !== snapshot.lastSeenAt;
      const settled = snapshot.pending && !held.snapshot.pending;
      const worthWriting = changed || touched || settled || credential.stale || (mustAsk && freshnessMs > 0);
      return answer(sessionId, held, worthWriting);
    } catch (error) {
      const graceMs = need.safeMethod ? settings.whenStoreIsDown.safeMethodsMs : 0;
      const ageMs = now - snapshot.checkedAt;
      const goodEnough = mayGoOn && freshnessMs > 0 && ageMs >= -skewMs && ageMs < freshnessMs + graceMs;
      return goodEnough
        ? answer(sessionId, { secret, snapshot }, false)
        : { kind: 'unavailable', because: reasonOf(error) };
    }
  }

  /** What needs no authority: it is known here, or stands in the cookie. */
  function refuseAtOnce(
    { sessionId, subjectKey, secretHash, snapshot }: Credential,
    need: AuthOptions,
  ): Rejected | null {
    const { now } = need;
    if (isAheadOfUs(snapshot, now)) return reject(sessionId, 'invalid');
    const over = recent.endOf({ sessionId, subjectKey, createdAt: snapshot.createdAt }, now);
    if (over) return reject(sessionId, 'revoked', over === 'replaced');
    const retiredAt = recent.retiredAt(secretHash);
    if (retiredAt !== null && now - retiredAt <= inFlightMs) return reject(sessionId, 'revoked', true);
    if (endedBy(snapshot, idleMs, now) === 'expired') return reject(sessionId, 'expired');
    const verdict = judgeBinding(snapshot.atLogin, need.client, binding);
    if (verdict.kind === 'same') return null;
    const worthTelling = verdict.strict || now - snapshot.lastSeenAt >= touchEveryMs;
    if (worthTelling) tell({ event: 'session-client-changed', sessionId, what: verdict.what, strict: verdict.strict });
    // Its cookie is not cleared: the client that it was begun with may be the one that comes back.
    return verdict.strict ? { kind: 'rejected', reason: 'invalid', replaced: true } : null;
  }

  /** Notes activity at the authority. A store that cannot take the note has not said that anything is over. */
  async function touch(
    credential: Credential,
    held: CookieContent,
    need: AuthOptions,
  ): Promise<CookieContent | Rejected> {
    const { sessionId, subjectKey } = credential;
    const { now } = need;
    const { recordVersion } = held.snapshot;
    const noted = { ...held, snapshot: { ...held.snapshot, lastSeenAt: now } };
    if (recordVersion === 0) return noted;
    if (now < touchesAgainAt) return held;
    try {
      const outcome = await store.touch({ sessionId, subjectKey, version: recordVersion }, now, now);
      if (outcome !== 'ended') return noted;
    } catch {
      touchesAgainAt = now + touchPauseMs;
      return held;
    }
    const asked = await ask(credential, need);
    return asked.kind === 'rejected' ? asked : reject(sessionId, 'revoked', true);
  }

  function answer(
    sessionId: string,
    { secret, snapshot }: CookieContent,
    worthWriting: boolean,
  ): MaybePromise<AuthResult> {
    const session = sessionFrom(sessionId, snapshot, idleMs);
    const renewed = worthWriting ? credentials.write(sessionId, secret, snapshot) : null;
    return chain(renewed, (value) => ({ kind: 'active', session, renewed: value }));
  }

  /** Everybody who holds this secret is given the same one; the authority hears of it when it is first shown. */
  async function handOutSuccessor(
    sessionId: string,
    { secret, snapshot }: CookieContent,
    now: number,
  ): Promise<CookieContent> {
    const { generation, successorKey } = snapshot;
    return {
      secret: await successors.after({ sessionId, secret, generation }, successorKey),
      snapshot: {
        ...snapshot,
        generation: generation + 1,
        rotatedAt: now,
        pending: true,
        successorKey: await successors.keyName(),
      },
    };
  }

  async function unreadable(value: string): Promise<Rejected> {
    const sessionId = await credentials.claimUnderUnknownKey(value);
    if (sessionId !== null) tell({ event: 'session-key-unknown', sessionId });
    return { kind: 'rejected', reason: 'invalid', replaced: false };
  }

  function reject(sessionId: string, reason: RejectionReason, replaced = false): Rejected {
    tell({ event: 'session-rejected', sessionId, reason });
    return { kind: 'rejected', reason, replaced };
  }

  return recognise;
}
