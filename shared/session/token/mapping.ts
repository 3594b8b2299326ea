/** Converts a token's claims into a `Session`, and renews them. */
import type { Session } from '../session.ts';
import { pick } from '../stored/mapping.ts';
import { idleEndOf } from '../timing.ts';
import { createdAtOf, secondsOf, type TokenClaims } from './claims.ts';
import type { TokenParts } from './parts.ts';

export interface TokenMapping {
  sessionOf(token: TokenClaims): Session;
  /** The token with activity at `now`. After a change of the first public origin it gets the new issuer. */
  renewed(token: TokenClaims, now: number): TokenClaims;
}

export const timesOf = ({ iat, end }: TokenClaims): { readonly lastSeenAt: number; readonly endsAt: number } => ({
  lastSeenAt: iat * 1000,
  endsAt: end * 1000,
});

export function createTokenMapping({
  settings: { idleMs },
  shown,
  issuers,
}: Pick<TokenParts, 'settings' | 'shown' | 'issuers'>): TokenMapping {
  const issuer = issuers[0] as string;
  return {
    sessionOf(token) {
      const times = timesOf(token);
      return {
        sessionId: token.sid,
        subject: token.sub,
        claims: token.claims,
        shownData: pick(token.data, shown),
        acr: token.acr,
        amr: token.amr,
        createdAt: createdAtOf(token),
        authenticatedAt: token.auth_time * 1000,
        lastSeenAt: times.lastSeenAt,
        idleEndsAt: idleEndOf(times, idleMs),
        endsAt: times.endsAt,
        version: token.ver,
      };
    },
    renewed(token, now) {
      const iat = secondsOf(now);
      return { ...token, iss: issuer, aud: issuer, iat, exp: Math.min(iat + secondsOf(idleMs), token.end) };
    },
  };
}
