/**
 * Relays a WebSocket message by message, so that the gateway can close it. workerd can connect the two ends itself, which is
 * cheaper, but then the connection cannot be closed from here.
 */
import type { WebSocket as Socket } from '@cloudflare/workers-types';
import type { RelayedSocket, SocketGuard } from '../../shared/platform.ts';

declare const WebSocketPair: new () => { readonly 0: Socket; readonly 1: Socket };

/** Codes that may not be sent: they stand for a missing close frame (RFC 6455, section 7.4.1; 1004 is reserved). */
const noStatus = 1005;
const unsendable: ReadonlySet<number> = new Set([1004, noStatus, 1006, 1015]);
/** Sent to one side when the other is lost without a close frame (RFC 6455, section 7.4.1; 1011 is in the IANA registry). */
const goingAway = 1001;
const serverError = 1011;
/** How long a side may take to answer a close frame before both sides are closed. */
const closeTimeoutMs = 10_000;

/** Headers that the runtime negotiates for each side. */
const perConnection = ['sec-websocket-accept', 'sec-websocket-extensions'];

export function relaySocket(upgraded: Response, guard: SocketGuard): RelayedSocket {
  const { webSocket: origin } = upgraded as unknown as { readonly webSocket: Socket };
  const { 0: forClient, 1: client } = new WebSocketPair();
  const closed = new Set<Socket>();
  const closedByPeer = new Set<Socket>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;

  function finish(): void {
    if (isOver) return;
    isOver = true;
    clearTimeout(timer);
    guard.stop();
  }

  function close(end: Socket, code: number, reason: string): void {
    if (closed.has(end)) return;
    closed.add(end);
    try {
      if (code === noStatus) end.close();
      else end.close(code, reason);
    } catch {
      // The connection is gone already.
    }
  }

  function end(code: number, reason: string): void {
    finish();
    close(client, code, reason);
    close(origin, code, reason);
  }

  function join(from: Socket, to: Socket, whenLost: number): void {
    // Newer compatibility dates deliver Blobs, which are read asynchronously: messages could overtake one another.
    from.binaryType = 'arraybuffer';
    from.addEventListener('message', ({ data }) => {
      if (isOver || !guard.mayPass()) return;
      try {
        to.send(data);
      } catch {
        end(serverError, '');
      }
    });
    from.addEventListener('close', ({ code, reason }) => {
      closedByPeer.add(from);
      if (unsendable.has(code) && code !== noStatus) return end(whenLost, '');
      close(to, code, reason);
      if (closedByPeer.has(to)) return finish();
      timer = setTimeout(() => end(code, reason), closeTimeoutMs);
    });
    from.addEventListener('error', () => end(whenLost, ''));
    // The other side answers a close frame, and not the runtime.
    from.accept({ allowHalfOpen: true });
  }

  join(origin, client, serverError);
  join(client, origin, goingAway);

  const headers = new Headers(upgraded.headers);
  for (const name of perConnection) headers.delete(name);
  const { status, statusText } = upgraded;
  const response = new Response(null, { status, statusText, headers, webSocket: forClient } as ResponseInit);
  return { response, close: end };
}
