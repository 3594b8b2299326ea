/** `Session-Explained`: why this request went where it went, for trusted callers who ask with `Session-Explain`. */
import type { ServiceTokens } from '../client/service-token.ts';
import type { Trail } from '../context.ts';
import { dictionary, token } from '../http/structured.ts';

/** RFC 9651 dictionary, or `null` when the caller is not entitled: a bad token changes nothing. */
export async function explained(
  trail: Trail,
  asked: string | null,
  address: string | null,
  serviceTokens: ServiceTokens,
  now: number,
): Promise<string | null> {
  if (asked === null) return null;
  const verdict = await serviceTokens.verify(asked.replace(/^Bearer /i, ''), address, now);
  if (verdict.kind !== 'service' || !verdict.scopes.includes('explain')) return null;
  return dictionary({
    origin: trail.origin && token(trail.origin),
    because: trail.because && token(trail.because),
    route: trail.route,
    session: trail.session && token(trail.session),
    attempts: trail.attempts,
    epoch: trail.epoch,
  });
}
