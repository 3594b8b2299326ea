import type { Readable } from 'node:stream';

/**
 * An origin's body as a stream of the Fetch standard, read only when somebody asks for more; an error of the origin's is
 * an error of the stream. By hand, because `Readable.toWeb` throws past everybody, into the process, when a chunk arrives
 * after a cancel.
 */
export function replyBody(body: Readable): ReadableStream<Uint8Array> {
  const chunks = body.iterator();
  // Whoever reads hears of an error from the iterator; one that comes when nobody reads any more is nobody's.
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
