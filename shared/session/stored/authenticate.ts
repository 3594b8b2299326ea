/**
 * Checks whether a cookie's session is live, as cheaply as the route's freshness allows: by the signed snapshot while it is
 * fresh enough, else by the store. Rotates the secret when that is due.
 */

import { chain, type MaybePromise } from '../../time/maybe-promise.ts';
import { skewMs } from '../../time/skew.ts';
import { judgeBinding } from '../request/binding.ts';
import { inFlightMs } from '../store/revocation-cache.ts';
import { reasonOf } from '../store/unavailable.ts';
import type { AuthOptions, AuthResult } from '../strategy/authentication.ts';
import { createRefusals, type Rejected } from '../strategy/refusals.ts';
import { endedBy, isWithin, touchIntervalMs } from '../timing.ts';
import { type CookieContent, createAuthority } from './authority.ts';
import type { Credential, Credentials } from './cookie/credentials.ts';
import { isAheadOfUs } from './cookie/snapshot.ts';
import { sessionFrom } from './mapping.ts';
import type { NextSecrets } from './next-secret.ts';
import type { StoredParts } from './stored-strategy.ts';

/** After a failed touch, touches pause for this long. */
const touchPauseMs = 5_000;

export function createRecognition(
  parts: StoredParts,
  credentials: Credentials,
  successors: NextSecrets,
): (value: string, need: AuthOptions) => MaybePromise<AuthResult> {
  const { settings, store, recent, emit: tell } = parts;
  const { idleMs, rotate, binding } = settings;
  const touchEveryMs = touchIntervalMs(idleMs);
  const refusals = createRefusals(tell);
  const ask = createAuthority(parts, successors);
  let touchesAgainAt = Number.NEGATIVE_INFINITY;

  const recognise = (value: string, need: AuthOptions): MaybePromise<AuthResult> =>
    chain(credentials.read(value), (credential) => (credential ? weigh(credential, need) : unreadable(value)));

  /** Judges by the cookie and by what this isolate knows. Asks the store only if that is not enough. */
  function weigh(credential: Credential, need: AuthOptions): MaybePromise<AuthResult> {
    const { snapshot, sessionId, secret } = credential;
    const { now, freshnessMs, passive = false } = need;
    const refusal = refuseAtOnce(credential, need);
    if (refusal) return refusal;

    // Another copy of the cookie may have been in use: only the record can confirm that the session is idle.
    const isIdle = endedBy(snapshot, idleMs, now) === 'idle';
    const isStored = snapshot.recordVersion > 0;
    if (isIdle && !isStored) return refusals.rejected(sessionId, 'idle');
    const ageMs = now - snapshot.checkedAt;
    const isRetired = recent.retiredAt(credential.secretHash) !== null;
    const isAged = !isWithin(freshnessMs, ageMs);
    // The next secret is issued only after asking the store: a stolen parent that comes late must be found to be reuse.
    const isMoving = !passive && (snapshot.pending || now - snapshot.rotatedAt >= rotate.everyMs);
    const mustAsk = isStored && (isAged || isIdle || isRetired || isMoving);
    const touchDue = need.touch && !passive && now - snapshot.lastSeenAt >= touchEveryMs;
    if (!mustAsk && !touchDue) return answer(sessionId, { secret, snapshot }, credential.stale);
    return renew(credential, need, { mustAsk, touchDue, mayGoOn: !isIdle && !isRetired });
  }

  /** Asks the store, notes activity, rotates the secret. `mayGoOn`: in an outage the cookie may be trusted. */
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
      // On a route that always asks, a newer `checkedAt` is of no use: it is not worth a new cookie.
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

  /** Refusals that do not need the store. */
  function refuseAtOnce(
    { sessionId, subjectKey, secretHash, snapshot }: Credential,
    need: AuthOptions,
  ): Rejected | null {
    const { now } = need;
    if (isAheadOfUs(snapshot, now)) return refusals.rejected(sessionId, 'invalid');
    const over = recent.endOf({ sessionId, subjectKey, createdAt: snapshot.createdAt }, now);
    if (over) return refusals.rejected(sessionId, 'revoked', over === 'replaced');
    const retiredAt = recent.retiredAt(secretHash);
    if (retiredAt !== null && now - retiredAt <= inFlightMs) return refusals.rejected(sessionId, 'revoked', true);
    if (endedBy(snapshot, idleMs, now) === 'expired') return refusals.rejected(sessionId, 'expired');
    const verdict = judgeBinding(snapshot.atLogin, need.client, binding);
    if (verdict.kind === 'same') return null;
    const worthTelling = verdict.strict || now - snapshot.lastSeenAt >= touchEveryMs;
    if (worthTelling) tell({ event: 'session-client-changed', sessionId, what: verdict.what, strict: verdict.strict });
    // The cookie is not cleared: the client of the login may use it again.
    return verdict.strict ? refusals.rejected(sessionId, 'invalid', true, 'binding') : null;
  }

  /** Notes activity in the store. A failed touch does not end the session. */
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
    return asked.kind === 'rejected' ? asked : refusals.rejected(sessionId, 'revoked', true);
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

  /** Issues the next secret. Every holder of the current one gets the same; the store learns it at its first use. */
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

  const unreadable = async (value: string): Promise<Rejected> =>
    refusals.unreadable(await credentials.whyUnreadable(value));

  return recognise;
}
