/** Whether a request's body can be sent a second time, decided before it is sent the first time. */
import { Failure } from '../errors.ts';
import { readUpTo } from '../http/body.ts';
import type { BodyStage, RequestBody } from '../platform.ts';
import type { MaybePromise } from '../time/maybe-promise.ts';

export interface PreparedBody {
  /** There is no body, or all of it is in memory and no larger than the pool's `maxBody`: an idempotent request may be sent again. */
  readonly replayable: boolean;
  /** All of it is in memory, whatever its size: the request may be sent again if nothing of it was sent. */
  readonly complete: boolean;
  /** Of a stream: its declared length, which it may not keep to. */
  readonly length: number | null;
  /** The body for the next attempt. A second call for a body that is not complete is a bug, and throws. */
  next(): RequestBody;
}

const none: PreparedBody = { replayable: true, complete: true, length: null, next: () => null };

/**
 * Reads a stream into memory only when its declared length says that it is small. A stream without a length may be a
 * conversation whose client waits for the reply before it sends more, and its end would never come.
 *
 * Throws `bad_request` when the client breaks off while a small body is read. `onBody` is called for every piece.
 */
export function prepareBody(
  body: RequestBody,
  contentLength: number | null,
  maxBodyBytes: number,
  onBody: (stage: BodyStage) => void,
): MaybePromise<PreparedBody> {
  if (body === null) return none;
  if (body instanceof Uint8Array) {
    return { replayable: body.length <= maxBodyBytes, complete: true, length: body.length, next: () => body };
  }
  if (contentLength === null || contentLength > maxBodyBytes) return once(body, contentLength);
  return hold(body, contentLength, maxBodyBytes, onBody);
}

async function hold(
  body: ReadableStream<Uint8Array>,
  contentLength: number,
  maxBodyBytes: number,
  onBody: (stage: BodyStage) => void,
): Promise<PreparedBody> {
  const read = await readUpTo(body, maxBodyBytes, () => onBody('client')).catch(() => {
    throw new Failure('bad_request', 'the client broke off in the middle of its body');
  });
  if (read.kind === 'more') return once(resumed(read.parts, read.reader), null);
  if (read.bytes.length < contentLength) throw new Failure('bad_request', 'the body ended before its declared length');
  onBody('origin');
  return { replayable: true, complete: true, length: read.bytes.length, next: () => read.bytes };
}

function once(stream: ReadableStream<Uint8Array>, length: number | null): PreparedBody {
  let unsent: ReadableStream<Uint8Array> | null = stream;
  return {
    replayable: false,
    complete: false,
    length,
    next() {
      if (unsent === null) throw new Error('this body can be sent only once');
      const body = unsent;
      unsent = null;
      return body;
    },
  };
}

/** Longer than declared: the parts that were read, followed by the rest. */
function resumed(parts: Uint8Array[], reader: ReadableStreamDefaultReader<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      const part = parts.shift();
      if (part) return controller.enqueue(part);
      const { done, value } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
}
