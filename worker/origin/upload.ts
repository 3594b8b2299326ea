/**
 * Sends a request's body to the origin piece by piece, so that a slow client can be distinguished from a slow origin. The
 * runtime could send a stream by itself, but does not report progress. Doing it here costs about 2 ms of CPU per megabyte.
 */
import type { BodyStage, OriginRequest } from '../../shared/platform.ts';

type OnBody = (stage: BodyStage) => void;

/** Large, because each read is a call into the runtime. */
const pieceBytes = 64 * 1024;

/** Streams of Workers. Their `write` resolves when the bytes have been read. */
declare class FixedLengthStream extends TransformStream<Uint8Array, Uint8Array> {
  constructor(length: number);
}
declare class IdentityTransformStream extends TransformStream<Uint8Array, Uint8Array> {}

/** The body for `fetch`. With a known length it is sent with `Content-Length`, otherwise chunked. */
export function upload({ body, bodyLength, onBody }: OriginRequest): BodyInit | null {
  if (body === null) return null;
  if (body instanceof Uint8Array && body.length <= pieceBytes) {
    onBody?.('taken');
    return body as BodyInit;
  }
  const length = body instanceof Uint8Array ? body.length : bodyLength;
  const { readable, writable } = length === null ? new IdentityTransformStream() : new FixedLengthStream(length);
  // If the origin stops reading, the request itself fails, and that error is reported.
  carry(body, writable.getWriter(), onBody).catch(() => undefined);
  return readable;
}

async function carry(
  body: Uint8Array | ReadableStream<Uint8Array>,
  to: WritableStreamDefaultWriter<Uint8Array>,
  onBody: OriginRequest['onBody'],
): Promise<void> {
  // The next write reports the failure.
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

/** A copy is read up to here, because the runtime buffers what was read from it and not yet sent to the origin. */
const maxCopiedBytes = 64 * 1024;

/**
 * Watches a copy of the body of a GET, which the runtime itself sends: such a request cannot be constructed. A body over the
 * limit counts as taken from then on.
 */
export async function watchCopy(request: Request, onBody: OnBody): Promise<void> {
  const { body } = request.clone();
  let copied = 0;
  try {
    for await (const piece of piecesOf(body as ReadableStream<Uint8Array>, onBody)) {
      copied += piece.length;
      if (copied > maxCopiedBytes) break;
    }
    onBody('taken');
  } catch {
    // The client broke off; `piecesOf` has reported it.
  }
}
