/** `Session-Explained`: why this request went to its origin, for trusted callers that send `Session-Explain`. */
import type { ServiceTokens } from '../client/service-token.ts';
import type { Trail } from '../context.ts';
import { dictionary, token } from '../http/structured.ts';

/** An RFC 9651 dictionary. `null`: the caller has no valid service token; the request goes on as without one. */
export async function explained(
  trail: Trail,
  asked: string | null,
  address: string | null,
  serviceTokens: ServiceTokens,
  now: number,
): Promise<string | null> {
  if (asked === null) return null;
  const caller = await serviceTokens.verify(asked.replace(/^Bearer /i, ''), address, now);
  if (caller.kind !== 'service' || !caller.scopes.includes('explain')) return null;
  return dictionary({
    origin: trail.origin && token(trail.origin),
    because: trail.because && token(trail.because),
    route: trail.route,
    session: trail.session && token(trail.session),
    attempts: trail.attempts,
    epoch: trail.epoch,
  });
}
