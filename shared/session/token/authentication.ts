/**
 * Checks session tokens, as cheaply as the route's freshness allows: by their own claims and what this isolate knows, else
 * against the store's revocations.
 */
import { chain, type MaybePromise } from '../../time/maybe-promise.ts';
import { isAhead, skewMs } from '../../time/skew.ts';
import type { RejectionReason } from '../session.ts';
import { inFlightMs } from '../store/revocation-cache.ts';
import { endedAtOf, isEndedByFact } from '../store/rows.ts';
import { reasonOf } from '../store/unavailable.ts';
import type { Authentication, AuthOptions, AuthResult } from '../strategy/authentication.ts';
import { createClientBinding } from '../strategy/client-binding.ts';
import { createRefusals, type Rejected } from '../strategy/refusals.ts';
import { type Candidate, selectCandidates } from '../strategy/select-credentials.ts';
import { endedBy, isWithin, touchIntervalMs } from '../timing.ts';
import { createdAtOf, secondsOf, type TokenClaims } from './claims.ts';
import type { TokenCodec, VerifiedToken } from './codec.ts';
import { type TokenMapping, timesOf } from './mapping.ts';
import type { TokenParts } from './parts.ts';
import { watchToken } from './watch.ts';

/** `isStale`: as in `AuthResult`. */
type Checked =
  | { readonly kind: 'live'; readonly token: TokenClaims; readonly isStale: boolean }
  | Exclude<AuthResult, { kind: 'active' }>;

/** By what this isolate knows and, where there is one, by the store: before another token is written. */
export const createIsOver =
  ({ store, recent }: Pick<TokenParts, 'store' | 'recent'>) =>
  async ({ token, textHash, subjectKey }: VerifiedToken, now: number): Promise<boolean> => {
    const session = { sessionId: token.sid, subjectKey, createdAt: createdAtOf(token) };
    const isOverHere = (): boolean => recent.endOf(session) !== null || recent.retiredAt(textHash) !== null;
    if (isOverHere()) return true;
    if (!store) return false;
    const loaded = await store.load({ sessionId: token.sid, subjectKey }, now);
    return isEndedByFact(loaded, session.createdAt) || isOverHere();
  };

export function createTokenAuthentication(
  parts: TokenParts,
  codec: TokenCodec,
  { sessionOf, renewed }: TokenMapping,
): Authentication {
  const { settings, store, recent } = parts;
  const { idleMs, whenStoreIsDown } = settings;
  const touchEveryMs = touchIntervalMs(idleMs);
  const refusals = createRefusals(parts.emit);
  const checkBinding = createClientBinding(parts, refusals);
  const isOver = createIsOver(parts);
  const isOverHere = createIsOver({ store: null, recent });

  const unreadable = async (value: string): Promise<Rejected> => refusals.unreadable(await codec.whyUnreadable(value));

  /** Asks the store only if the token and what this isolate knows are not enough. */
  function judgeLocally(verified: VerifiedToken, options: AuthOptions): MaybePromise<AuthResult> {
    const { token } = verified;
    const { now, freshnessMs, touch } = options;
    const refusal = refuseLocally(verified, options);
    if (refusal) return refusal;
    const mustAsk = store !== null && !isWithin(freshnessMs, now - token.chk * 1000);
    const touchDue = touch && now - token.iat * 1000 >= touchEveryMs;
    if (!mustAsk && !touchDue && !verified.stale) return { kind: 'active', session: sessionOf(token), renewed: null };
    return renew(verified, options, { mustAsk, touchDue });
  }

  function refuseLocally(verified: VerifiedToken, options: AuthOptions): Rejected | null {
    const { token } = verified;
    const { sid: sessionId } = token;
    const ended = endedHere(verified, options.now);
    if (ended) return refusals.rejected(sessionId, ended.reason, ended.replaced);
    const [userAgent, network] = token.cli;
    const { lastSeenAt } = timesOf(token);
    return checkBinding({ sessionId, atLogin: { userAgent, network }, lastSeenAt }, options);
  }

  /** By the token and by what this isolate knows. `replaced`: see `AuthResult`. */
  function endedHere(
    { token, textHash, subjectKey }: VerifiedToken,
    now: number,
  ): { readonly reason: RejectionReason; readonly replaced: boolean } | null {
    const { iat, nbf = iat, auth_time: authenticatedAt } = token;
    if ([iat, nbf, authenticatedAt].some((time) => isAhead(time * 1000, now))) {
      return { reason: 'invalid', replaced: false };
    }
    const ended = recent.endOf({ sessionId: token.sid, subjectKey, createdAt: createdAtOf(token) }, now);
    if (ended) return { reason: 'revoked', replaced: ended === 'replaced' };
    const retiredAt = recent.retiredAt(textHash);
    if (retiredAt !== null) return { reason: 'revoked', replaced: now - retiredAt <= inFlightMs };
    const reason = endedBy(timesOf(token), idleMs, now) ?? (now >= token.exp * 1000 ? 'idle' : null);
    return reason && { reason, replaced: false };
  }

  async function renew(
    verified: VerifiedToken,
    options: AuthOptions,
    { mustAsk, touchDue }: { readonly mustAsk: boolean; readonly touchDue: boolean },
  ): Promise<AuthResult> {
    const { now } = options;
    let { token } = verified;
    let isStale = false;
    if (mustAsk) {
      const checked = await checkRevocations(verified, options);
      if (checked.kind !== 'live') return checked;
      token = checked.token;
      isStale = checked.isStale;
    }
    if (touchDue) token = renewed(token, now);
    const isChanged = token !== verified.token || verified.stale;
    const value = isChanged ? await codec.write(token) : null;
    return { kind: 'active', session: sessionOf(token), renewed: value, isStale };
  }

  async function checkRevocations(
    { token, subjectKey }: VerifiedToken,
    { now, freshnessMs, safeMethod }: AuthOptions,
  ): Promise<Checked> {
    try {
      const endedAt = await revokedAtOf(token, subjectKey, now);
      // On a route that always asks, a newer `chk` is of no use: it is not worth a new cookie.
      if (endedAt === null) {
        const noted = freshnessMs > 0 ? { ...token, chk: secondsOf(now) } : token;
        return { kind: 'live', token: noted, isStale: false };
      }
      const replaced = now - endedAt <= inFlightMs;
      recent.endSession(token.sid, replaced ? 'replaced' : 'ended', endedAt);
      return refusals.rejected(token.sid, 'revoked', replaced);
    } catch (error) {
      const ageMs = now - token.chk * 1000;
      const graceMs = safeMethod ? whenStoreIsDown.safeMethodsMs : 0;
      const isWithinGrace = freshnessMs > 0 && ageMs >= -skewMs && ageMs < freshnessMs + graceMs;
      if (!isWithinGrace) return { kind: 'unavailable', because: reasonOf(error) };
      return { kind: 'live', token, isStale: !isWithin(freshnessMs, ageMs) };
    }
  }

  async function revokedAtOf(token: TokenClaims, subjectKey: string | null, now: number): Promise<number | null> {
    if (!store) return null;
    return endedAtOf(await store.load({ sessionId: token.sid, subjectKey }, now), createdAtOf(token));
  }

  return {
    authenticate: (value, options) =>
      chain(codec.read(value), (verified) => (verified ? judgeLocally(verified, options) : unreadable(value))),

    async selectCandidates(values, now) {
      const candidates: Candidate[] = [];
      for (const value of values) {
        const verified = await codec.read(value);
        if (!verified) continue;
        const { sid, ver, iat, chk } = verified.token;
        candidates.push({ value, sessionId: sid, age: [ver, iat, chk], isOver: endedHere(verified, now) !== null });
      }
      return candidates.length > 0 ? selectCandidates(candidates) : values.slice(0, 1);
    },

    async identify(value) {
      const verified = await codec.read(value);
      return verified && { sessionId: verified.token.sid, subject: verified.token.sub };
    },

    async isStillCurrent(value, now, ask) {
      const verified = await codec.read(value);
      if (!verified) return false;
      // In an outage of the store nothing else is known.
      if (ask) return !(await isOver(verified, now).catch(() => false));
      return !(await isOverHere(verified, now));
    },

    async watch(value) {
      const verified = await codec.read(value);
      return verified && watchToken(sessionOf(verified.token), verified.subjectKey, { store, recent });
    },
  };
}
