/**
 * Reads a streamed response as the runtime posts it to the Runtime API: a JSON prelude, eight NUL bytes, then the body.
 * Trailers report that the function failed.
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming
 */
import type { IncomingMessage } from 'node:http';

export interface Prelude {
  readonly statusCode?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cookies?: readonly string[];
}

export interface StreamedReply {
  readonly prelude: Prelude;
  /** Throws if the function or its process fails while the body is sent. */
  readonly body: AsyncIterable<Buffer>;
}

const delimiter = Buffer.alloc(8);
/** A prelude contains only status and headers, so a longer one is invalid. */
const maxPreludeBytes = 1024 * 1024;
const errorTrailer = 'lambda-runtime-function-error-type';

/** `null` if the stream ends or fails before the prelude is complete. */
export async function readStreamedReply(post: IncomingMessage): Promise<StreamedReply | null> {
  const chunks = post[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let head = Buffer.alloc(0);
  try {
    while (head.indexOf(delimiter) === -1) {
      const { done, value } = await chunks.next();
      if (done || head.length > maxPreludeBytes) return null;
      head = Buffer.concat([head, value]);
    }
    const end = head.indexOf(delimiter);
    const prelude = JSON.parse(head.subarray(0, end).toString('utf8')) as Prelude;
    return { prelude, body: bodyOf(post, head.subarray(end + delimiter.length), chunks) };
  } catch {
    return null;
  }
}

async function* bodyOf(post: IncomingMessage, first: Buffer, chunks: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  if (first.length > 0) yield first;
  for (;;) {
    const { done, value } = await chunks.next();
    if (done) break;
    yield value;
  }
  if (!post.complete || post.trailers[errorTrailer] !== undefined)
    throw new Error('the function failed while it sent the body');
}
