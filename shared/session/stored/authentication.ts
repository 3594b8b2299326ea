/**
 * Checks whether a cookie's session is live, as cheaply as the route's freshness allows: by the signed snapshot while it is
 * fresh enough, else by the store. Rotates the secret when that is due.
 */
import { chain, type MaybePromise } from '../../time/maybe-promise.ts';
import { skewMs } from '../../time/skew.ts';
import { inFlightMs } from '../store/revocation-cache.ts';
import { reasonOf } from '../store/unavailable.ts';
import type { Authentication, AuthOptions, AuthResult } from '../strategy/authentication.ts';
import { createClientBinding } from '../strategy/client-binding.ts';
import { createRefusals, type Rejected } from '../strategy/refusals.ts';
import { type Candidate, selectCandidates } from '../strategy/select-credentials.ts';
import type { SessionEndings } from '../strategy/session-endings.ts';
import { endedBy, isWithin, touchIntervalMs } from '../timing.ts';
import { type CookieContent, createAuthority } from './authority.ts';
import type { Credential, Credentials } from './cookie/credentials.ts';
import { isFromTheFuture } from './cookie/snapshot.ts';
import type { Lookup } from './lookup.ts';
import { sessionFrom } from './mapping.ts';
import type { StoredParts } from './parts.ts';
import { createTouch } from './touch.ts';
import { watchStored } from './watch.ts';

/** What has to be done for a request. `mayGoOn`: in an outage the cookie may be trusted. */
interface Due {
  readonly mustAsk: boolean;
  readonly touchDue: boolean;
  readonly mayGoOn: boolean;
}

export function createStoredAuthentication(
  parts: StoredParts,
  credentials: Credentials,
  lookup: Lookup,
  endings: Pick<SessionEndings, 'revoke'>,
): Authentication {
  const { settings, recent, nextSecrets } = parts;
  const { idleMs, rotate, whenStoreIsDown } = settings;
  const touchEveryMs = touchIntervalMs(idleMs);
  const refusals = createRefusals(parts.emit);
  const checkBinding = createClientBinding(parts, refusals);
  const ask = createAuthority(parts, endings);
  const touch = createTouch(parts.store, ask, refusals);

  const unreadable = async (value: string): Promise<Rejected> =>
    refusals.unreadable(await credentials.whyUnreadable(value));

  /** Asks the store only if the cookie and what this isolate knows are not enough. */
  function judgeLocally(credential: Credential, options: AuthOptions): MaybePromise<AuthResult> {
    const { snapshot, sessionId, secret } = credential;
    const { now, freshnessMs, passive = false } = options;
    const refusal = refuseLocally(credential, options);
    if (refusal) return refusal;

    // Another copy of the cookie may have been in use: only the record can confirm that the session is idle.
    const isIdle = endedBy(snapshot, idleMs, now) === 'idle';
    const isStored = snapshot.recordVersion > 0;
    if (isIdle && !isStored) return refusals.rejected(sessionId, 'idle');
    const isRetired = recent.retiredAt(credential.secretHash) !== null;
    const isAged = !isWithin(freshnessMs, now - snapshot.checkedAt);
    // The next secret is issued only after asking the store: a stolen parent that comes late must be found to be reuse.
    const rotates = !passive && (snapshot.pending || now - snapshot.rotatedAt >= rotate.everyMs);
    const mustAsk = isStored && (isAged || isIdle || isRetired || rotates);
    const touchDue = options.touch && !passive && now - snapshot.lastSeenAt >= touchEveryMs;
    if (!mustAsk && !touchDue) return active(sessionId, { secret, snapshot }, credential.stale);
    return renew(credential, options, { mustAsk, touchDue, mayGoOn: !isIdle && !isRetired });
  }

  function refuseLocally(credential: Credential, options: AuthOptions): Rejected | null {
    const { sessionId, subjectKey, secretHash, snapshot } = credential;
    const { createdAt, atLogin, lastSeenAt } = snapshot;
    const { now } = options;
    if (isFromTheFuture(snapshot, now)) return refusals.rejected(sessionId, 'invalid');
    const ended = recent.endOf({ sessionId, subjectKey, createdAt }, now);
    if (ended) return refusals.rejected(sessionId, 'revoked', ended === 'replaced');
    if (wasJustReplaced(secretHash, now)) return refusals.rejected(sessionId, 'revoked', true);
    if (endedBy(snapshot, idleMs, now) === 'expired') return refusals.rejected(sessionId, 'expired');
    return checkBinding({ sessionId, atLogin, lastSeenAt }, options);
  }

  function wasJustReplaced(secretHash: string, now: number): boolean {
    const retiredAt = recent.retiredAt(secretHash);
    return retiredAt !== null && now - retiredAt <= inFlightMs;
  }

  async function renew(credential: Credential, options: AuthOptions, due: Due): Promise<AuthResult> {
    const { snapshot, sessionId, secret, stale } = credential;
    const { now, freshnessMs } = options;
    try {
      let cookie: CookieContent = { secret, snapshot };
      let isNoted = false;
      if (due.mustAsk) {
        const answer = await ask(credential, options, due.touchDue);
        if (answer.kind === 'rejected') return answer;
        if (answer.keepsCookie) return active(sessionId, answer.cookie, false);
        isNoted = answer.isNoted;
        cookie = answer.rotationDue ? await issueNextSecret(sessionId, answer.cookie, now) : answer.cookie;
      }
      if (due.touchDue && !isNoted) {
        const touched = await touch(credential, cookie, options);
        if (touched.kind === 'rejected') return touched;
        cookie = touched.cookie;
      }
      const isChanged =
        cookie.secret !== secret ||
        cookie.snapshot.recordVersion !== snapshot.recordVersion ||
        cookie.snapshot.lastSeenAt !== snapshot.lastSeenAt;
      const becameCurrent = snapshot.pending && !cookie.snapshot.pending;
      // On a route that always asks, a newer `checkedAt` is of no use: it is not worth a new cookie.
      const writes = isChanged || becameCurrent || stale || (due.mustAsk && freshnessMs > 0);
      return active(sessionId, cookie, writes);
    } catch (error) {
      const graceMs = options.safeMethod ? whenStoreIsDown.safeMethodsMs : 0;
      const ageMs = now - snapshot.checkedAt;
      const isWithinGrace = due.mayGoOn && freshnessMs > 0 && ageMs >= -skewMs && ageMs < freshnessMs + graceMs;
      if (!isWithinGrace) return { kind: 'unavailable', because: reasonOf(error) };
      const session = sessionFrom(sessionId, snapshot, idleMs);
      return { kind: 'active', session, renewed: null, isStale: !isWithin(freshnessMs, ageMs) };
    }
  }

  function active(sessionId: string, { secret, snapshot }: CookieContent, writes: boolean): MaybePromise<AuthResult> {
    const session = sessionFrom(sessionId, snapshot, idleMs);
    if (!writes) return { kind: 'active', session, renewed: null };
    return credentials.write(sessionId, secret, snapshot).then((renewed) => ({ kind: 'active', session, renewed }));
  }

  /** Every holder of the current secret gets the same next one. The store learns it at its first use. */
  async function issueNextSecret(
    sessionId: string,
    { secret, snapshot }: CookieContent,
    now: number,
  ): Promise<CookieContent> {
    const { generation, successorKey } = snapshot;
    return {
      secret: await nextSecrets.after({ sessionId, secret, generation }, successorKey),
      snapshot: {
        ...snapshot,
        generation: generation + 1,
        rotatedAt: now,
        pending: true,
        successorKey: await nextSecrets.keyName(),
      },
    };
  }

  /** By the cookie and by what this isolate knows. */
  function isEndedHere({ sessionId, subjectKey, secretHash, snapshot }: Credential, now: number): boolean {
    const { createdAt, recordVersion } = snapshot;
    if (isFromTheFuture(snapshot, now) || recent.endOf({ sessionId, subjectKey, createdAt }) !== null) return true;
    if (wasJustReplaced(secretHash, now)) return true;
    const ended = endedBy(snapshot, idleMs, now);
    return ended === 'expired' || (ended === 'idle' && recordVersion === 0);
  }

  return {
    authenticate: (value, options) =>
      chain(credentials.read(value), (credential) =>
        credential ? judgeLocally(credential, options) : unreadable(value),
      ),

    async selectCandidates(values, now) {
      const candidates: Candidate[] = [];
      for (const value of values) {
        const credential = await credentials.read(value);
        if (!credential) continue;
        const { generation, recordVersion, version, lastSeenAt, checkedAt } = credential.snapshot;
        const age = [generation, recordVersion, version, lastSeenAt, checkedAt];
        candidates.push({ value, sessionId: credential.sessionId, age, isOver: isEndedHere(credential, now) });
      }
      return candidates.length > 0 ? selectCandidates(candidates) : values.slice(0, 1);
    },

    async identify(value) {
      const credential = await credentials.read(value);
      return credential && { sessionId: credential.sessionId, subject: credential.snapshot.subject };
    },

    async isStillCurrent(value, now, ask) {
      const credential = await credentials.read(value);
      if (!credential) return false;
      const { sessionId, subjectKey, secretHash, snapshot } = credential;
      const { createdAt, recordVersion } = snapshot;
      if (recent.endOf({ sessionId, subjectKey, createdAt }) || recent.retiredAt(secretHash) !== null) return false;
      // In an outage the secret cannot have been replaced either.
      return !ask || recordVersion === 0 || lookup.hasCurrentSecret(credential, now).catch(() => true);
    },

    watch: (value) => watchStored(parts, credentials, value),
  };
}
