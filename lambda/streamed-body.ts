/** Copies a reply's body into Lambda's response stream as it arrives, and no faster than the client reads it. */
import { once } from 'node:events';
import type { Writable } from 'node:stream';

/**
 * Leaves `out` open: the caller ends it. Throws when the origin breaks off in mid-body. The handler must rethrow that: only
 * then does the runtime mark the stream as failed, so that the client sees an incomplete reply.
 */
export async function streamBody(body: ReadableStream<Uint8Array> | null, out: Writable): Promise<void> {
  // The runtime sends status and headers with the first write, so an empty body needs one too.
  out.write('');
  if (!body) return;
  const reader = body.getReader();
  const closed = new AbortController();
  const stop = (): void => {
    closed.abort();
    reader.cancel('the client disconnected').catch(() => undefined);
  };
  out.once('close', stop);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (closed.signal.aborted) throw new Error('the client disconnected');
      if (done) return;
      if (!out.write(value)) await once(out, 'drain', { signal: closed.signal });
    }
  } catch {
    stop();
    throw new Error(isClosed(out) ? 'The client disconnected in mid-body.' : 'The origin went away in mid-body.');
  } finally {
    out.off('close', stop);
  }
}

const isClosed = (out: Writable): boolean => out.destroyed || out.writableFinished;
