/**
 * Token sessions: the client carries the session as a signed JWT. Without a store a token can only be revoked before its
 * `exp` by the isolate that saw the logout. With a store, that keeps the revocations (by `sid`, never by the token's text),
 * and each token says when they were last checked.
 */
import { mergeData } from '../data.ts';
import type { Loaded } from '../store/records.ts';
import { isEndedByFact } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import { newSessionId } from '../stored/cookie/handle.ts';
import { stampAfterEndings } from '../strategy/clocks.ts';
import { createDeviceList } from '../strategy/device-list.ts';
import type { Beginning, Changed } from '../strategy/lifecycle.ts';
import { createSessionEndings } from '../strategy/session-endings.ts';
import type { SessionEntry } from '../strategy/session-index.ts';
import { createSessionLimit } from '../strategy/session-limit.ts';
import type { Strategy } from '../strategy/strategy.ts';
import { subjectKeyOf } from '../strategy/subject-key.ts';
import { createIsOver, createTokenAuthentication } from './authentication.ts';
import { secondsOf, type TokenClaims } from './claims.ts';
import { createTokenCodec } from './codec.ts';
import { createTokenMapping } from './mapping.ts';
import type { TokenParts } from './parts.ts';

export function createTokenStrategy(parts: TokenParts): Strategy {
  const { settings, issuers, ring, recent, store, emit } = parts;
  const codec = createTokenCodec(ring, issuers, parts.maxValueLength, secondsOf(settings.absoluteMs));
  const mapping = createTokenMapping(parts);
  const { sessionOf, renewed } = mapping;
  const isOver = createIsOver(parts);
  const endings = createSessionEndings(parts);
  const limit =
    store &&
    createSessionLimit({ ...parts, store }, endings, (entries, key, now) => findRevoked(store, entries, key, now));
  const list =
    limit &&
    createDeviceList(limit, async (entries, key, now) => {
      const revoked = await findRevoked(store, entries, key, now);
      return entries.map(({ sessionId, createdAt }) => (revoked.has(sessionId) ? null : createdAt));
    });

  function firstClaims(
    { identity, now, client }: Beginning,
    { sid, createdAt, data }: Pick<TokenClaims, 'sid' | 'data'> & { readonly createdAt: number },
  ): TokenClaims {
    const issuer = issuers[0] as string;
    const [start, cre] = [secondsOf(now), secondsOf(createdAt)];
    return {
      iss: issuer,
      aud: issuer,
      sub: identity?.subject ?? null,
      sid,
      iat: start,
      exp: start,
      cre,
      cms: createdAt - cre * 1000,
      auth_time: start,
      end: start + secondsOf(settings.absoluteMs),
      ver: 1,
      chk: start,
      cli: [client.userAgent, client.network],
      acr: identity?.acr ?? null,
      amr: identity?.amr ?? [],
      claims: identity?.claims ?? {},
      data,
    };
  }

  async function replace(value: string, now: number, next: (token: TokenClaims) => TokenClaims): Promise<Changed> {
    const verified = await codec.read(value);
    if (!verified) return { kind: 'ended' };
    const token = next(renewed(verified.token, now));
    const written = await codec.write(token);
    if (written === null) return { kind: 'too-large' };
    // Last: while the origin took its time, the session may have been ended, or the token replaced.
    if (await isOver(verified, now)) return { kind: 'ended' };
    return { kind: 'changed', session: sessionOf(token), value: written };
  }

  return {
    ...createTokenAuthentication(parts, codec, mapping),

    async begin(beginning) {
      const { identity, now, device, from } = beginning;
      // The data of an anonymous session survives the login. The login's own data goes first.
      const before = from?.session.subject === null ? (await codec.read(from.value))?.token.data : {};
      const [sid, subjectKey] = [newSessionId(), await subjectKeyOf(identity?.subject ?? null)];
      const createdAt = await stampAfterEndings(parts, { sessionId: sid, subjectKey }, now);
      const data = { ...before, ...identity?.data };
      const token = renewed(firstClaims(beginning, { sid, createdAt, data }), now);
      const value = await codec.write(token);
      if (value === null) return { kind: 'too-large' };
      const session = sessionOf(token);
      if (limit && subjectKey !== null) {
        const { sessionId, endsAt } = session;
        const entry = { sessionId, createdAt, endsAt, label: identity?.label ?? device };
        const replaces = from !== null && from.session.subject === token.sub ? from.session.sessionId : null;
        if (!(await limit.enter(subjectKey, entry, replaces, now))) return { kind: 'full' };
      }
      emit({ event: 'session-begun', sessionId: token.sid, anonymous: token.sub === null });
      return { kind: 'begun', session, value };
    },

    async update(_session, value, patch, ifVersion, now) {
      const verified = await codec.read(value);
      if (ifVersion !== null && verified?.token.ver !== ifVersion) return { kind: 'conflict' };
      return replace(value, now, (token) => ({ ...token, ver: token.ver + 1, data: mergeData(token.data, patch) }));
    },

    async rotate(session, value, now) {
      const changed = await replace(value, now, (token) => ({ ...token, ver: token.ver + 1 }));
      const before = await codec.read(value);
      if (changed.kind === 'changed' && before) {
        recent.retireSecret(before.textHash, now);
        emit({ event: 'session-rotated', sessionId: session.sessionId, how: 'privilege' });
      }
      return changed;
    },

    end: endings.end,
    endSubject: store && endings.endSubject,
    endEveryone: store && endings.endEveryone,
    unwritten: endings.unwritten,

    // Ended one by one: a not-before for the subject would end this session too.
    endOthers:
      limit &&
      (async (session, value, now) => {
        const verified = await codec.read(value);
        if (!verified || (await isOver(verified, now))) return { kind: 'ended' };
        const key = await subjectKeyOf(session.subject);
        const entries = key === null ? [] : await limit.list(key, now);
        const others = entries.filter(({ sessionId }) => sessionId !== session.sessionId);
        await Promise.all(others.map(({ sessionId }) => endings.revoke(sessionId, 'logout', now)));
        emit({ event: 'session-ended-everywhere', sessionId: session.sessionId });
        return { kind: 'changed', session, value };
      }),

    devices: list?.devices ?? null,
    belongedTo: list?.belongedTo ?? null,
    records: null,
  };
}

/** The ids of those that were ended. */
async function findRevoked(
  store: Store,
  entries: readonly SessionEntry[],
  subjectKey: string,
  now: number,
): Promise<ReadonlySet<string>> {
  const ids = entries.map(({ sessionId }) => sessionId);
  const loaded = await store.loadAll(subjectKey, ids, now);
  return new Set(ids.filter((_, i) => isEndedByFact(loaded[i] as Loaded, (entries[i] as SessionEntry).createdAt)));
}
