/** Pours a reply's body into Lambda's response stream as it comes, no faster than the client takes it. */
import { once } from 'node:events';
import type { Writable } from 'node:stream';

/**
 * Leaves `out` open: the caller ends it. Throws when the origin dies in mid-body, and the handler must let it through:
 * only then does the runtime mark the stream as failed, and the client sees a reply that broke off.
 */
export async function pour(body: ReadableStream<Uint8Array> | null, out: Writable): Promise<void> {
  // The runtime sends status and headers with the first write and not before, even if nothing follows.
  out.write('');
  if (!body) return;
  const reader = body.getReader();
  const closed = new AbortController();
  const stop = (): void => {
    closed.abort();
    reader.cancel('nobody is listening').catch(() => undefined);
  };
  out.once('close', stop);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (closed.signal.aborted) throw new Error('nobody is listening');
      if (done) return;
      if (!out.write(value)) await once(out, 'drain', { signal: closed.signal });
    }
  } catch {
    stop();
    throw new Error(closedFirst(out) ? 'The reply was not taken to its end.' : 'The origin went away in mid-body.');
  } finally {
    out.off('close', stop);
  }
}

const closedFirst = (out: Writable): boolean => out.destroyed || out.writableFinished;
