import type { Readable } from 'node:stream';

/**
 * An origin's body as a stream of the Fetch standard, read on demand. An error of the origin is an error of the stream. Not
 * by `Readable.toWeb`: that raises an uncaught exception when a chunk arrives after a cancel.
 */
export function replyBody(body: Readable): ReadableStream<Uint8Array> {
  const chunks = body.iterator();
  // The iterator reports errors to the reader. An error after the last read must not become an uncaught exception.
  body.on('error', () => undefined);
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await chunks.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel() {
        body.destroy();
      },
    },
    { highWaterMark: 0 },
  );
}
