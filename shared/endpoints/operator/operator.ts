/** Access to `/status` and `/metrics`: a service with `status:read`, or a person whose claims satisfy `status.claims`. */
import { bearerOf } from '../../client/service-token.ts';
import { Failure } from '../../errors.ts';
import type { Ctx } from '../../pipeline.ts';
import { challenge } from '../../policy/challenge.ts';
import { satisfies } from '../../policy/decide.ts';
import { requireScope } from '../api/request.ts';
import { type EndpointParts, redirectReply } from '../endpoint.ts';

/** A redirect to the login. `null`: access is granted. */
export async function admitOperator(c: Ctx, parts: EndpointParts): Promise<Response | null> {
  if (bearerOf(c.req.header('authorization') ?? null) !== null) {
    await requireScope(c, parts, 'status:read');
    return null;
  }
  const { settings } = parts;
  const { freshnessMs } = settings.session;
  const recognition = await c.env.session.authenticate({ freshnessMs, touch: false });
  if (recognition.kind === 'unavailable') throw new Failure('store_unavailable', 'the session could not be checked');
  if (recognition.kind === 'active' && recognition.session.subject !== null) {
    if (satisfies(recognition.session.claims, settings.statusClaims)) return null;
    throw new Failure('forbidden', 'a claim that status.claims asks for is missing');
  }
  const { method, raw } = c.req;
  const asked = { method, headers: raw.headers, url: raw.url, publicOrigin: c.env.client.publicOrigin };
  const [code, reason] =
    recognition.kind === 'rejected'
      ? (['session_rejected', recognition.reason] as const)
      : (['session_required', null] as const);
  const answer = challenge(code, reason, asked, settings.login);
  if (answer.kind === 'refuse') throw answer.failure;
  return redirectReply(answer.location);
}
