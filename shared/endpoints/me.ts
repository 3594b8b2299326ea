/** The current session, for scripts of the site itself. It does not count as activity. */
import type { Settings } from '../config/settings.ts';
import { Failure } from '../errors.ts';
import type { Ctx } from '../pipeline.ts';
import { refusal } from '../policy/challenge.ts';
import type { Session } from '../session/session.ts';
import { type Handler, jsonReply, timeOf } from './endpoint.ts';

export const me: Handler = async (c, { settings }) => jsonReply(describe(await requireSession(c, settings, false)));

/** The public form of a session, also used by introspection. */
export const describe = (session: Session): Record<string, unknown> => ({
  active: true,
  id: session.sessionId,
  subject: session.subject,
  claims: session.claims,
  auth_time: session.subject === null ? null : timeOf(session.authenticatedAt),
  idle_expires_at: timeOf(session.idleEndsAt),
  expires_at: timeOf(session.endsAt),
  data_version: session.version,
});

/** The request's session, with the default freshness of routes. Throws 401 without one. */
export async function requireSession(c: Ctx, settings: Settings, touch: boolean): Promise<Session> {
  const recognition = await c.env.session.authenticate({ freshnessMs: settings.session.freshnessMs, touch });
  if (recognition.kind === 'active') return recognition.session;
  if (recognition.kind === 'unavailable') throw new Failure('store_unavailable', 'the session could not be checked');
  const { publicOrigin } = c.env.client;
  throw recognition.kind === 'rejected'
    ? refusal('session_rejected', recognition.reason, publicOrigin, settings.login)
    : refusal('session_required', null, publicOrigin, settings.login);
}
