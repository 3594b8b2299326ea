/**
 * A request's body on its way to the origin, piece by piece, so that it can be told who is slow. What the runtime is given as
 * a whole stream it carries by itself, and says nothing of it. (Doing it here costs about 2 ms of CPU a megabyte.)
 */
import type { BodyStage, OriginRequest } from '../shared/platform.ts';

type OnBody = (stage: BodyStage) => void;

/** As much as the runtime has ready is read at once: each piece is a call out of JavaScript. */
const pieceBytes = 64 * 1024;

/** Workers have these two beside the Fetch standard's streams: a write is done when its bytes have been read. */
declare class FixedLengthStream extends TransformStream<Uint8Array, Uint8Array> {
  constructor(length: number);
}
declare class IdentityTransformStream extends TransformStream<Uint8Array, Uint8Array> {}

/** The body that `fetch` is given. One of a known length goes out with `Content-Length`, another one in chunks. */
export function upload({ body, bodyLength, onBody }: OriginRequest): BodyInit | null {
  if (body === null) return null;
  if (body instanceof Uint8Array && body.length <= pieceBytes) {
    onBody?.('taken');
    return body as BodyInit;
  }
  const length = body instanceof Uint8Array ? body.length : bodyLength;
  const { readable, writable } = length === null ? new IdentityTransformStream() : new FixedLengthStream(length);
  // What the origin does not take fails with the request, which has its own way to say so.
  carry(body, writable.getWriter(), onBody).catch(() => undefined);
  return readable;
}

async function carry(
  body: Uint8Array | ReadableStream<Uint8Array>,
  to: WritableStreamDefaultWriter<Uint8Array>,
  onBody: OriginRequest['onBody'],
): Promise<void> {
  // A failure is met at the next write.
  to.closed.catch(() => undefined);
  try {
    for await (const piece of piecesOf(body, onBody)) {
      onBody?.('origin');
      await to.write(piece);
    }
  } catch (error) {
    await to.abort(error);
    throw error;
  }
  onBody?.('taken');
  await to.close();
}

async function* piecesOf(
  body: Uint8Array | ReadableStream<Uint8Array>,
  onBody: OriginRequest['onBody'],
): AsyncGenerator<Uint8Array> {
  if (body instanceof Uint8Array) {
    for (let at = 0; at < body.length; at += pieceBytes) yield body.subarray(at, at + pieceBytes);
    return;
  }
  const reader = body.getReader({ mode: 'byob' });
  let room = new ArrayBuffer(pieceBytes);
  for (;;) {
    onBody?.('client');
    const { done, value } = await reader.read(new Uint8Array(room)).catch((error: unknown) => {
      onBody?.('broken');
      throw error;
    });
    if (done) return;
    yield value;
    room = value.buffer;
  }
}

/** More of a copy is not read: what the origin has not taken meanwhile is kept in memory. */
const mostCopied = 64 * 1024;

/**
 * The body of a GET is carried by the runtime itself, because no such request can be made here. What comes of it is seen
 * on a copy; a body that is larger counts as taken from there on.
 */
export async function watchCopy(request: Request, onBody: OnBody): Promise<void> {
  const { body } = request.clone();
  let copied = 0;
  try {
    for await (const piece of piecesOf(body as ReadableStream<Uint8Array>, onBody)) {
      copied += piece.length;
      if (copied > mostCopied) break;
    }
    onBody('taken');
  } catch {
    // The client broke off, and `onBody` knows.
  }
}
