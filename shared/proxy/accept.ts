/** What comes back from the origins: noted, carried out where it is a command, and made the client's reply. */
import type { Settings } from '../config/settings.ts';
import type { OneRequest } from '../context.ts';
import { Failure } from '../errors.ts';
import { isWebSocketUpgrade } from '../http/cross-site.ts';
import { type HeaderList, listHeaders } from '../http/header-snapshot.ts';
import { isPreflight } from '../http/navigation.ts';
import { createCommandReader } from '../identity/commands.ts';
import type { Platform } from '../platform.ts';
import type { SessionState } from '../session/session.ts';
import { chain, type MaybePromise } from '../time/maybe-promise.ts';
import { applyCommands } from './commands.ts';
import type { Forwarded, Replied, Unanswered } from './forward.ts';
import { replyTo } from './reply.ts';
import { createReplyHeaders } from './reply-headers.ts';

export interface AcceptParts {
  readonly settings: Settings;
  readonly platform: Platform;
}

/** Throws a `Failure` when no origin replied, or when the reply's commands cannot be carried out. */
export type Accept = (request: OneRequest, forwarded: Forwarded) => MaybePromise<Response>;

export function createAccept({ settings, platform }: AcceptParts): Accept {
  const replyHeaders = createReplyHeaders(settings);
  const readCommands = createCommandReader(settings);

  return (request, forwarded) => {
    note(request, forwarded);
    if (forwarded.kind === 'failed') throw failureOf(request, forwarded);
    const { by, isAcceptable } = forwarded;
    request.placement.servedBy = by;
    request.placement.servedWell = isAcceptable;
    return chain(responseOf(request, forwarded), (response) => received(request, forwarded, response));
  };

  function received(request: OneRequest, { by, status }: Replied, response: Response): MaybePromise<Response> {
    const { client, method, pins, route, session } = request;
    const before = session.current().kind;
    const reply = replyTo(method, status, response);
    const { headers } = reply;
    const origins = listHeaders(headers);
    pins.onReply(origins);
    const { requestId, now } = client;
    const { names } = origins;
    return chain(readCommands({ headers, names, status, pool: by.pool, route, requestId, now }), (commands) => {
      if (commands.kind === 'none') return finished(request, reply, status, origins, before);
      return applyCommands(commands, request, reply, platform).then(() =>
        finished(request, reply, status, origins, before),
      );
    });
  }

  function finished(
    { fields, method, route }: OneRequest,
    reply: Response,
    status: number,
    origins: HeaderList,
    before: SessionState['kind'],
  ): Response {
    // A preflight belongs to no session, even where the route requires one: it came without cookies and was let through.
    const requiresSession = route.session === 'required' && !isPreflight(method, fields);
    const personal = requiresSession || before === 'active' || before === 'rejected';
    const hasCredentials = fields.has('cookie') || fields.has('authorization');
    const withCredentials = hasCredentials && route.session !== 'off' && status !== 101;
    replyHeaders(reply.headers, { fields: origins, personal, withCredentials });
    return reply;
  }

  function responseOf(request: OneRequest, { by, response, status }: Replied): MaybePromise<Response> {
    if (status !== 101 || !isWebSocketUpgrade(request.fields)) return response;
    return import('./sockets/sockets.ts').then(({ openSocket }) => openSocket(request, response, by.pool, platform));
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
