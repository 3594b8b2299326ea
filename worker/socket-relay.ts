/**
 * A socket through this isolate, message for message, so that the gateway can close it. workerd's own pass is cheaper and
 * cannot be taken back.
 */
import type { WebSocket as Socket } from '@cloudflare/workers-types';
import type { RelayedSocket, SocketGuard } from '../shared/platform.ts';

declare const WebSocketPair: new () => { readonly 0: Socket; readonly 1: Socket };

/** Codes that stand for what was not received and may not be sent (RFC 6455, section 7.4.1). */
const noStatus = 1005;
const unsendable: ReadonlySet<number> = new Set([1004, noStatus, 1006, 1015]);
/** What the one side is told when the other is gone without a word (section 7.4.1; the second is the IANA registry's 500). */
const goingAway = 1001;
const serverError = 1011;
/** Who was told of a close and does not answer it: the other side has waited long enough. */
const answerWithinMs = 10_000;

/** Negotiated anew on each side of the relay. */
const ofOneConnection = ['sec-websocket-accept', 'sec-websocket-extensions'];

export function relaySocket(upgraded: Response, guard: SocketGuard): RelayedSocket {
  const { webSocket: origin } = upgraded as unknown as { readonly webSocket: Socket };
  const { 0: forClient, 1: client } = new WebSocketPair();
  const shut = new Set<Socket>();
  const heard = new Set<Socket>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;

  function finish(): void {
    if (isOver) return;
    isOver = true;
    clearTimeout(timer);
    guard.stop();
  }

  function close(end: Socket, code: number, reason: string): void {
    if (shut.has(end)) return;
    shut.add(end);
    try {
      if (code === noStatus) end.close();
      else end.close(code, reason);
    } catch {
      // It is gone already.
    }
  }

  function end(code: number, reason: string): void {
    finish();
    close(client, code, reason);
    close(origin, code, reason);
  }

  function join(from: Socket, to: Socket, whenLost: number): void {
    // Blobs, which newer compatibility dates deliver, would have to be read first, and messages overtake one another.
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
      heard.add(from);
      if (unsendable.has(code) && code !== noStatus) return end(whenLost, '');
      close(to, code, reason);
      if (heard.has(to)) return finish();
      timer = setTimeout(() => end(code, reason), answerWithinMs);
    });
    from.addEventListener('error', () => end(whenLost, ''));
    // Each side's close is answered by the other side, and not by the runtime in its place.
    from.accept({ allowHalfOpen: true });
  }

  join(origin, client, serverError);
  join(client, origin, goingAway);

  const headers = new Headers(upgraded.headers);
  for (const name of ofOneConnection) headers.delete(name);
  const { status, statusText } = upgraded;
  const response = new Response(null, { status, statusText, headers, webSocket: forClient } as ResponseInit);
  return { response, close: end };
}
