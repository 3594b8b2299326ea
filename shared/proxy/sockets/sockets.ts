/** WebSockets: whether an upgrade may pass, and the relay of a socket whose session is watched. */

import type { Pool, Route } from '../../config/settings.ts';
import type { OneRequest } from '../../context.ts';
import { Failure } from '../../errors.ts';
import { logEvent } from '../../log/events.ts';
import type { Platform } from '../../platform.ts';
import { decide } from '../../policy/decide.ts';
import { minIntervalMs, type SocketClose, watchSocket } from './watch.ts';

const elsewhere =
  'A Lambda function cannot hold a WebSocket. Connect to the application itself, to a WebSocket API of API Gateway in front of it, or through this gateway on Cloudflare Workers.';

/** Throws before an origin gets the request. */
export function refuseSockets(route: Route, pool: Pool, platform: Platform): void {
  if (!platform.relay) {
    throw new Failure('not_supported', 'a Lambda function cannot hold a WebSocket', { members: { detail: elsewhere } });
  }
  if ((route.sockets ?? pool.sockets) === 'off') throw new Failure('not_supported', 'sockets are off for this route');
}

/** The 101 for the client. Without a session the socket passes as it is, and costs the isolate nothing. */
export async function openSocket(
  { route, session, client, startedAt, trail }: OneRequest,
  upgraded: Response,
  pool: Pool,
  platform: Platform,
): Promise<Response> {
  const { relay } = platform;
  if (!relay || (route.sockets ?? pool.sockets) !== 'watched' || route.session === 'off') return upgraded;
  const recognition = session.current();
  const watch = await session.watch();
  if (!watch || recognition.kind !== 'active') return upgraded;

  // The request's clock, which a development header may have moved.
  const aheadMs = client.now - startedAt;
  const now = (): number => platform.now() + aheadMs;
  const close = ({ code, reason, because }: SocketClose): void => {
    const fields = { request_id: client.requestId, origin: trail.origin, code, because };
    logEvent(platform, 'socket-closed', fields, now());
    socket.close(code, reason);
  };
  const watching = watchSocket({
    watch,
    mayStay: (of, at) => decide(route, { kind: 'active', session: of }, at).kind === 'allow',
    endsAt: recognition.session.endsAt,
    everyMs: Math.max(route.freshnessMs, minIntervalMs),
    now,
    close,
  });
  const socket = relay(upgraded, watching);
  return socket.response;
}
