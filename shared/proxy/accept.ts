/** What comes back from the origins: noted, carried out where it is a command, and made the client's reply. */
import type { Settings } from '../config/settings.ts';
import type { OneRequest } from '../context.ts';
import { Failure } from '../errors.ts';
import { isWebSocketUpgrade } from '../http/cross-site.ts';
import { listHeaders } from '../http/header-snapshot.ts';
import { isPreflight } from '../http/navigation.ts';
import { createCommandReader } from '../identity/commands.ts';
import type { Platform } from '../platform.ts';
import { applyCommands } from './commands.ts';
import type { Forwarded, Replied, Unanswered } from './forward.ts';
import { replyTo } from './reply.ts';
import { createReplyHeaders } from './reply-headers.ts';

export interface AcceptParts {
  readonly settings: Settings;
  readonly platform: Platform;
}

/** Throws a `Failure` when no origin replied, or when the reply's commands cannot be carried out. */
export type Accept = (request: OneRequest, forwarded: Forwarded) => Promise<Response>;

export function createAccept({ settings, platform }: AcceptParts): Accept {
  const replyHeaders = createReplyHeaders(settings);
  const readCommands = createCommandReader(settings);

  return async (request, forwarded) => {
    note(request, forwarded);
    if (forwarded.kind === 'failed') throw failureOf(request, forwarded);
    const { client, fields, method, pins, placement, route, session } = request;
    const { by, isAcceptable, status } = forwarded;
    placement.servedBy = by;
    placement.servedWell = isAcceptable;

    const before = session.current().kind;
    const reply = replyTo(method, status, await responseOf(request, forwarded));
    const { headers } = reply;
    const received = listHeaders(headers);
    pins.onReply(received);
    const { requestId, now } = client;
    const commands = await readCommands({
      headers,
      names: received.names,
      status,
      pool: by.pool,
      route,
      requestId,
      now,
    });
    if (commands.kind !== 'none') await applyCommands(commands, request, reply, platform);

    // A preflight belongs to no session, even where the route requires one: it came without cookies and was let through.
    const requiresSession = route.session === 'required' && !isPreflight(method, fields);
    const personal = requiresSession || before === 'active' || before === 'rejected';
    const hasCredentials = fields.has('cookie') || fields.has('authorization');
    const withCredentials = hasCredentials && route.session !== 'off' && status !== 101;
    replyHeaders(headers, { fields: received, personal, withCredentials });
    return reply;
  };

  async function responseOf(request: OneRequest, { by, response, status }: Replied): Promise<Response> {
    if (status !== 101 || !isWebSocketUpgrade(request.fields)) return response;
    const { openSocket } = await import('./sockets/sockets.ts');
    return openSocket(request, response, by.pool, platform);
  }
}

/** For the access line. */
function note({ placement, trail }: OneRequest, forwarded: Forwarded): void {
  const by = forwarded.kind === 'reply' ? forwarded.by : forwarded.last;
  trail.attempts = forwarded.attempts;
  if (by !== placement.candidates[0]) trail.because = 'redispatched';
  trail.pool = by.pool.id;
  trail.origin = by.origin.id;
  trail.epoch = placement.affinityHeaderFor(by).epoch;
}

function failureOf({ placement }: OneRequest, { code, reason }: Unanswered): Failure {
  const refusal = code === 'origin_unreachable' ? placement.refusesAfterFailure : null;
  if (!refusal) return new Failure(code, reason);
  return new Failure('pin_refused', reason, { headers: { 'retry-after': String(refusal.retryAfterSeconds) } });
}
