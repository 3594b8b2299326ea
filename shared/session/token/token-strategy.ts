/**
 * Token sessions: the client carries the session as a signed JWT. Without a store a token can only be revoked before its
 * `exp` by the isolate that saw the logout. With a store, that keeps the revocations (by `sid`, never by the token's text),
 * and each token says when they were last checked.
 */
import type { SessionSettings } from '../../config/settings.ts';
import type { KeyRing } from '../../crypto/key-ring.ts';
import type { Sealer } from '../../crypto/seal.ts';
import { chain, type MaybePromise } from '../../time/maybe-promise.ts';
import { isAhead, skewMs } from '../../time/skew.ts';
import { mergeData } from '../data.ts';
import type { EmitEvent } from '../events.ts';
import { judgeBinding } from '../request/binding.ts';
import type { Fingerprint } from '../request/fingerprint.ts';
import type { RejectionReason, Session } from '../session.ts';
import type { EndReason } from '../store/endings.ts';
import { inFlightMs, type RevocationCache } from '../store/revocation-cache.ts';
import { endedAtOf, isEndedByFact } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import { reasonOf } from '../store/unavailable.ts';
import { newSessionId } from '../stored/cookie/handle.ts';
import { pick } from '../stored/mapping.ts';
import { subjectKeyOf } from '../stored/record.ts';
import type { AuthOptions, AuthResult } from '../strategy/authentication.ts';
import type { Changed } from '../strategy/lifecycle.ts';
import { createRefusals, type Rejected } from '../strategy/refusals.ts';
import { type Candidate, selectCandidates } from '../strategy/select-credentials.ts';
import { createSessionLimit } from '../strategy/session-limit.ts';
import type { Strategy } from '../strategy/strategy.ts';
import { endedBy, idleEndOf, isWithin, touchIntervalMs } from '../timing.ts';
import { createdAtOf, type TokenClaims } from './claims.ts';
import { createTokenCodec, type HeldToken } from './codec.ts';
import { watchToken } from './watch.ts';

export interface TokenParts {
  readonly settings: SessionSettings;
  readonly shown: readonly string[];
  /** The public origins. The first one is `iss` and `aud` of new tokens; each is accepted. */
  readonly issuers: readonly string[];
  readonly ring: KeyRing;
  readonly sealer: Sealer;
  readonly recent: RevocationCache;
  /** Keeps revocations and session indexes. `null`: there are none. */
  readonly store: Store | null;
  readonly emit: EmitEvent;
  /** See `size.ts`. */
  readonly maxValueLength?: number;
}

interface Over {
  readonly reason: RejectionReason;
  /** See `Recognised`. */
  readonly replaced: boolean;
}

const expiryMarginMs = 3_600_000;
/** A token's times are whole seconds (RFC 7519, section 2). */
const seconds = (ms: number): number => Math.floor(ms / 1000);

export function createTokenStrategy({
  settings,
  shown,
  issuers,
  ring,
  sealer,
  recent,
  store,
  emit: tell,
  maxValueLength: longestValue,
}: TokenParts): Strategy {
  const codec = createTokenCodec(ring, issuers, longestValue, seconds(settings.absoluteMs));
  const issuer = issuers[0] as string;
  const refusals = createRefusals(tell);
  const { idleMs } = settings;
  const touchEveryMs = touchIntervalMs(idleMs);
  const admissions =
    store &&
    createSessionLimit(settings, store, sealer, async (subjectKey, entries, now) => {
      const loaded = await Promise.all(entries.map(({ sessionId }) => store.load({ sessionId, subjectKey }, now)));
      const ended = entries.filter(({ createdAt }, i) =>
        isEndedByFact(loaded[i] as Awaited<ReturnType<Store['load']>>, createdAt),
      );
      return new Set(ended.map(({ sessionId }) => sessionId));
    });
  const keepUntil = (now: number): number => now + settings.absoluteMs + expiryMarginMs;

  /** The token with activity at `now`. After a change of the first public origin it gets the new issuer. */
  const renewed = (token: TokenClaims, now: number): TokenClaims => {
    const iat = seconds(now);
    return { ...token, iss: issuer, aud: issuer, iat, exp: Math.min(iat + seconds(idleMs), token.end) };
  };

  /** One object per token: other caches are keyed by it. */
  const sessions = new WeakMap<TokenClaims, Session>();
  const sessionOf = (token: TokenClaims): Session => {
    const known = sessions.get(token);
    if (known) return known;
    const session = toSession(token);
    sessions.set(token, session);
    return session;
  };
  const toSession = (token: TokenClaims): Session => {
    const times = { lastSeenAt: token.iat * 1000, endsAt: token.end * 1000 };
    return {
      sessionId: token.sid,
      subject: token.sub,
      claims: token.claims,
      shownData: pick(token.data, shown),
      acr: token.acr,
      amr: token.amr,
      createdAt: createdAtOf(token),
      authenticatedAt: token.auth_time * 1000,
      ...times,
      idleEndsAt: idleEndOf(times, idleMs),
      version: token.ver,
    };
  };

  async function replace(value: string, now: number, next: (token: TokenClaims) => TokenClaims): Promise<Changed> {
    const held = await codec.read(value);
    if (!held) return { kind: 'ended' };
    const token = next(renewed(held.token, now));
    const written = await codec.write(token);
    if (written === null) return { kind: 'too-large' };
    return { kind: 'changed', session: sessionOf(token), value: written };
  }

  async function revoke(sessionId: string, why: EndReason, now: number): Promise<void> {
    if (store) await store.revoke(sessionId, { at: now, why, keepUntil: keepUntil(now) });
  }

  /** By the cookie and by what this isolate knows. */
  function isOverHere({ token, textHash, subjectKey }: HeldToken, now: number): Over | null {
    const { iat, nbf = iat, auth_time: authenticated } = token;
    if ([iat, nbf, authenticated].some((time) => isAhead(time * 1000, now))) {
      return { reason: 'invalid', replaced: false };
    }
    const over = recent.endOf({ sessionId: token.sid, subjectKey, createdAt: createdAtOf(token) }, now);
    if (over) return { reason: 'revoked', replaced: over === 'replaced' };
    const retiredAt = recent.retiredAt(textHash);
    if (retiredAt !== null) return { reason: 'revoked', replaced: now - retiredAt <= inFlightMs };
    const times = { lastSeenAt: token.iat * 1000, endsAt: token.end * 1000 };
    const reason = endedBy(times, idleMs, now) ?? (now >= token.exp * 1000 ? 'idle' : null);
    return reason && { reason, replaced: false };
  }

  function refuseAtOnce(held: HeldToken, now: number, client: () => Fingerprint): Rejected | null {
    const { token } = held;
    const over = isOverHere(held, now);
    if (over) return refusals.rejected(token.sid, over.reason, over.replaced);
    const [userAgent, network] = token.cli;
    const verdict = judgeBinding({ userAgent, network }, client, settings.binding);
    if (verdict.kind === 'same') return null;
    if (verdict.strict || now - token.iat * 1000 >= touchEveryMs) {
      tell({ event: 'session-client-changed', sessionId: token.sid, what: verdict.what, strict: verdict.strict });
    }
    return verdict.strict ? refusals.rejected(token.sid, 'invalid', true, 'binding') : null;
  }

  const unreadable = async (value: string): Promise<AuthResult> =>
    refusals.unreadable(await codec.whyUnreadable(value));

  /** Judges by the token and by what this isolate knows. Asks the store only if that is not enough. */
  function judgeLocally(held: HeldToken, need: AuthOptions): MaybePromise<AuthResult> {
    const { token } = held;
    const refusal = refuseAtOnce(held, need.now, need.client);
    if (refusal) return refusal;
    const mustAsk = store !== null && !isWithin(need.freshnessMs, need.now - token.chk * 1000);
    const touchDue = need.touch && need.now - token.iat * 1000 >= touchEveryMs;
    if (!mustAsk && !touchDue && !held.stale) return { kind: 'active', session: sessionOf(token), renewed: null };
    return renew(held, need, touchDue);
  }

  async function renew(held: HeldToken, need: AuthOptions, touchDue: boolean): Promise<AuthResult> {
    const { token, subjectKey } = held;
    const { now, freshnessMs, safeMethod } = need;
    const ageMs = now - token.chk * 1000;
    let current = token;
    if (store && !isWithin(freshnessMs, ageMs)) {
      try {
        const facts = await store.load({ sessionId: token.sid, subjectKey }, now);
        const endedAt = endedAtOf(facts, createdAtOf(token));
        if (endedAt !== null) {
          const replaced = now - endedAt <= inFlightMs;
          recent.endSession(token.sid, replaced ? 'replaced' : 'ended', endedAt);
          return refusals.rejected(token.sid, 'revoked', replaced);
        }
        // On a route that always asks, a newer `chk` is of no use: it is not worth a new cookie.
        if (freshnessMs > 0) current = { ...current, chk: seconds(now) };
      } catch (error) {
        const graceMs = safeMethod ? settings.whenStoreIsDown.safeMethodsMs : 0;
        if (freshnessMs === 0 || ageMs < -skewMs || ageMs >= freshnessMs + graceMs)
          return { kind: 'unavailable', because: reasonOf(error) };
      }
    }
    if (touchDue) current = renewed(current, now);
    const written = current !== token || held.stale ? await codec.write(current) : null;
    return { kind: 'active', session: sessionOf(current), renewed: written };
  }

  return {
    authenticate: (value, need) =>
      chain(codec.read(value), (held) => (held ? judgeLocally(held, need) : unreadable(value))),

    async begin({ identity, now, client, device, from }) {
      const start = seconds(now);
      const brought = from?.session.subject === null ? (await codec.read(from.value))?.token.data : {};
      const token = renewed(
        {
          iss: issuer,
          aud: issuer,
          sub: identity?.subject ?? null,
          sid: newSessionId(),
          iat: start,
          exp: start,
          cre: start,
          cms: now - start * 1000,
          auth_time: start,
          end: start + seconds(settings.absoluteMs),
          ver: 1,
          chk: start,
          cli: [client.userAgent, client.network],
          acr: identity?.acr ?? null,
          amr: identity?.amr ?? [],
          claims: identity?.claims ?? {},
          data: { ...brought, ...identity?.data },
        },
        now,
      );
      const value = await codec.write(token);
      if (value === null) return { kind: 'too-large' };
      const subjectKey = await subjectKeyOf(token.sub);
      if (admissions && subjectKey !== null) {
        const entry = {
          sessionId: token.sid,
          createdAt: now,
          endsAt: token.end * 1000,
          label: identity?.label ?? device,
        };
        const replaces = from !== null && from.session.subject === token.sub ? from.session.sessionId : null;
        const admission = await admissions.enter(subjectKey, entry, replaces, now);
        if (admission.kind === 'full') return { kind: 'full' };
        for (const evicted of admission.evicted) {
          recent.endSession(evicted, 'ended');
          await revoke(evicted, 'limit', now);
          tell({ event: 'session-ended', sessionId: evicted, why: 'limit' });
        }
      }
      tell({ event: 'session-begun', sessionId: token.sid, anonymous: token.sub === null });
      return { kind: 'begun', session: sessionOf(token), value };
    },

    async selectCandidates(values, now) {
      const candidates: Candidate[] = [];
      for (const value of values) {
        const held = await codec.read(value);
        if (!held) continue;
        const { sid, ver, iat, chk } = held.token;
        candidates.push({ value, sessionId: sid, age: [ver, iat, chk], isOver: isOverHere(held, now) !== null });
      }
      return candidates.length > 0 ? selectCandidates(candidates) : values.slice(0, 1);
    },

    async isStillCurrent(value, now, ask) {
      const held = await codec.read(value);
      if (!held) return false;
      const { token, subjectKey, textHash } = held;
      const createdAt = createdAtOf(token);
      if (recent.endOf({ sessionId: token.sid, subjectKey, createdAt }) || recent.retiredAt(textHash) !== null)
        return false;
      if (!ask || !store) return true;
      const facts = await store.load({ sessionId: token.sid, subjectKey }, now).catch(() => null);
      return facts === null || !isEndedByFact(facts, createdAt);
    },

    async watch(value) {
      const held = await codec.read(value);
      return held && watchToken(sessionOf(held.token), held.subjectKey, { store, recent });
    },

    async identify(value) {
      const held = await codec.read(value);
      return held && { sessionId: held.token.sid, subject: held.token.sub };
    },

    async end(sessionId, why, now) {
      recent.endSession(sessionId, why === 'superseded' ? 'replaced' : 'ended', now);
      tell({ event: 'session-ended', sessionId, why });
      await revoke(sessionId, why, now);
    },

    endSubject:
      store &&
      (async (subject, now) => {
        const key = (await subjectKeyOf(subject)) as string;
        recent.endSubject(key, now);
        await store.revokeSubject(key, now, keepUntil(now));
      }),

    // Ended one by one: a not-before for the subject would end this session too.
    endOthers:
      admissions &&
      (async (session, value, now) => {
        const key = await subjectKeyOf(session.subject);
        const others = key === null ? [] : await admissions.list(key, now);
        for (const { sessionId } of others) {
          if (sessionId === session.sessionId) continue;
          recent.endSession(sessionId, 'ended');
          await revoke(sessionId, 'logout', now);
        }
        tell({ event: 'session-ended-everywhere', sessionId: session.sessionId });
        return { kind: 'changed', session, value };
      }),

    endEveryone:
      store &&
      (async (now) => {
        recent.endEveryone(now);
        await store.revokeEveryone(now, keepUntil(now));
      }),

    devices:
      store && admissions
        ? async (subject, now) => {
            const key = (await subjectKeyOf(subject)) as string;
            const entries = await admissions.list(key, now);
            const facts = await Promise.all(
              entries.map(({ sessionId }) => store.load({ sessionId, subjectKey: key }, now)),
            );
            return entries
              .filter(({ createdAt }, i) => !isEndedByFact(facts[i] as (typeof facts)[number], createdAt))
              .map(({ sessionId, label, createdAt }) => ({ id: sessionId, label, createdAt, lastSeenAt: createdAt }))
              .sort((a, b) => b.createdAt - a.createdAt);
          }
        : null,

    belongedTo:
      admissions && (async (id, subject, now) => admissions.has((await subjectKeyOf(subject)) as string, id, now)),

    async update(_session, value, patch, ifVersion, now) {
      const held = await codec.read(value);
      if (ifVersion !== null && held?.token.ver !== ifVersion) return { kind: 'conflict' };
      return replace(value, now, (token) => ({ ...token, ver: token.ver + 1, data: mergeData(token.data, patch) }));
    },

    async rotate(session, value, now) {
      const changed = await replace(value, now, (token) => ({ ...token, ver: token.ver + 1 }));
      const before = await codec.read(value);
      if (changed.kind === 'changed' && before) {
        recent.retireSecret(before.textHash, now);
        tell({ event: 'session-rotated', sessionId: session.sessionId, how: 'privilege' });
      }
      return changed;
    },

    records: null,
  };
}
