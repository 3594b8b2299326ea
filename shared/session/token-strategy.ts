/**
 * Sessions that the client carries as a signed JWT (RFC 7519, JWS compact form, HS256). Nothing is stored, so nothing can
 * be revoked before `exp` except by the isolate that saw the logout; the configuration says so to whoever chooses it.
 */
import { CompactSign, compactVerify } from 'jose';
import type { SessionSettings } from '../config/settings.ts';
import { base64url, fromBase64url, utf8 } from '../crypto/bytes.ts';
import { sha256Base64url } from '../crypto/digest.ts';
import type { MacRing, RingKey } from '../crypto/keys.ts';
import { mergeData } from './data.ts';
import { newFamily } from './handle.ts';
import { createRemembered } from './remembered.ts';
import type { RecentRevocations } from './revocation.ts';
import type { Session } from './session.ts';
import type { Begun, Changed, Strategy } from './strategy.ts';
import { endedBy, idleEndOf, touchIntervalMs } from './timing.ts';
import { readClaims, type TokenClaims } from './token-claims.ts';
import { pick } from './views.ts';

export interface TokenParts {
  readonly settings: SessionSettings;
  readonly shown: readonly string[];
  /** `iss` and `aud`: the first public origin. */
  readonly issuer: string;
  readonly ring: MacRing;
  readonly recent: RecentRevocations;
}

interface Held {
  readonly token: TokenClaims;
  readonly stale: boolean;
  readonly textHash: string;
}

const longestToken = 3_000;
/** Clocks of two clouds differ by this much at the most. */
const skewSeconds = 60;
/** HS256: the MAC is 32 bytes, 43 letters. */
const shape = /^([A-Za-z0-9_-]{20,300})\.([A-Za-z0-9_-]{20,4000})\.([A-Za-z0-9_-]{43})$/;

export function createTokenStrategy({ settings, shown, issuer, ring, recent }: TokenParts): Strategy {
  const remembered = createRemembered<Held>();
  const { idleMs } = settings;
  const touchEveryMs = touchIntervalMs(idleMs);

  async function read(value: string): Promise<Held | null> {
    const known = remembered.get(value);
    if (known) return known;
    const parts = value.length <= longestToken ? shape.exec(value) : null;
    if (!parts) return null;
    // The header is ours to the letter, or it is not ours: no algorithm, `crit`, `jku` or `jwk` of a stranger is ever read.
    const keys = await ring.keys();
    const index = keys.findIndex((key) => headerOf(key) === parts[1]);
    const key = keys[index];
    if (!key || !fromBase64url(parts[3] as string)) return null;
    try {
      await compactVerify(value, key.key, { algorithms: ['HS256'] });
    } catch {
      return null;
    }
    const token = readClaims(parts[2] as string, issuer);
    if (!token) return null;
    const held = { token, stale: index > 0, textHash: await sha256Base64url(value) };
    remembered.set(value, held);
    return held;
  }

  async function write(token: TokenClaims): Promise<string | null> {
    const key = (await ring.keys())[0];
    if (!key) throw new Error('no session key');
    const value = await new CompactSign(utf8(JSON.stringify(token)))
      .setProtectedHeader({ alg: 'HS256', typ: 'session+jwt', kid: key.kid })
      .sign(key.key);
    return value.length <= longestToken ? value : null;
  }

  /** The same session, alive from `now` on. */
  const renew = (token: TokenClaims, now: number): TokenClaims => {
    const iat = Math.floor(now / 1000);
    return { ...token, iat, exp: Math.min(iat + Math.floor(idleMs / 1000), token.end) };
  };

  const sessionOf = (token: TokenClaims): Session => ({
    family: token.sid,
    subject: token.sub,
    claims: token.claims,
    shownData: pick(token.data, shown),
    acr: token.acr,
    amr: token.amr,
    createdAt: token.cre * 1000,
    authenticatedAt: token.auth_time * 1000,
    lastSeenAt: token.iat * 1000,
    idleEndsAt: idleEndOf({ lastSeenAt: token.iat * 1000, endsAt: token.end * 1000 }, idleMs),
    endsAt: token.end * 1000,
    version: token.ver,
  });

  async function replace(value: string, now: number, next: (token: TokenClaims) => TokenClaims): Promise<Changed> {
    const held = await read(value);
    if (!held) return { kind: 'ended' };
    const token = next(renew(held.token, now));
    const written = await write(token);
    if (written === null) return { kind: 'too-large' };
    return { kind: 'changed', session: sessionOf(token), value: written };
  }

  return {
    async recognise(value, { now, touch }) {
      const held = await read(value);
      if (!held) return { kind: 'rejected', reason: 'invalid', replaced: false };
      const { token } = held;
      if (token.iat * 1000 > now + skewSeconds * 1000) return { kind: 'rejected', reason: 'invalid', replaced: false };
      if (recent.isRetired(held.textHash)) return { kind: 'rejected', reason: 'revoked', replaced: true };
      const over = recent.endOf({ family: token.sid, subjectKey: null, createdAt: token.cre * 1000 });
      if (over) return { kind: 'rejected', reason: 'revoked', replaced: over === 'replaced' };
      const times = { lastSeenAt: token.iat * 1000, endsAt: token.end * 1000 };
      const ended = endedBy(times, idleMs, now) ?? (now >= token.exp * 1000 ? 'idle' : null);
      if (ended) return { kind: 'rejected', reason: ended, replaced: false };
      if (!held.stale && !(touch && now - times.lastSeenAt >= touchEveryMs)) {
        return { kind: 'active', session: sessionOf(token), renewed: null };
      }
      const renewed = touch ? renew(token, now) : token;
      return { kind: 'active', session: sessionOf(renewed), renewed: await write(renewed) };
    },

    async begin(identity, now): Promise<Begun> {
      const seconds = Math.floor(now / 1000);
      const token = renew(
        {
          iss: issuer,
          aud: issuer,
          sub: identity.subject,
          sid: newFamily(),
          iat: seconds,
          exp: seconds,
          cre: seconds,
          auth_time: seconds,
          end: seconds + Math.floor(settings.absoluteMs / 1000),
          ver: 1,
          acr: identity.acr,
          amr: identity.amr,
          claims: identity.claims,
          data: identity.data,
        },
        now,
      );
      const value = await write(token);
      return value === null ? { kind: 'too-large' } : { kind: 'begun', session: sessionOf(token), value };
    },

    async familyOf(value) {
      const held = await read(value);
      return held && { family: held.token.sid, subject: held.token.sub };
    },

    async end(family, why) {
      recent.endFamily(family, why === 'superseded' ? 'replaced' : 'ended');
    },

    endSubject: null,
    endOthers: null,

    update: (_session, value, patch, ifVersion, now) =>
      readVersion(value).then((version) =>
        ifVersion !== null && version !== ifVersion
          ? { kind: 'conflict' }
          : replace(value, now, (token) => ({ ...token, ver: token.ver + 1, data: mergeData(token.data, patch) })),
      ),

    async rotate(_session, value, now) {
      const changed = await replace(value, now, (token) => ({ ...token, ver: token.ver + 1 }));
      const before = await read(value);
      if (changed.kind === 'changed' && before) recent.retireSecret(before.textHash);
      return changed;
    },

    records: null,
  };

  async function readVersion(value: string): Promise<number | null> {
    return (await read(value))?.token.ver ?? null;
  }
}

const headerOf = ({ kid }: RingKey): string =>
  base64url(utf8(JSON.stringify({ alg: 'HS256', typ: 'session+jwt', kid })));
