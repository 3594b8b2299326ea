/** Reading a stream into memory, never more of it than a limit. */
import { concat, fromUtf8 } from '../crypto/bytes.ts';
import type { RequestBody } from '../platform.ts';

export type BoundedRead =
  | { readonly kind: 'whole'; readonly bytes: Uint8Array }
  /** There was more than `maxBytes`: what was read, and the reader for the rest. The caller cancels it or goes on. */
  | {
      readonly kind: 'more';
      readonly parts: Uint8Array[];
      readonly reader: ReadableStreamDefaultReader<Uint8Array>;
    };

/** Throws what the stream throws. `onPart` is called for every part that came. */
export async function readUpTo(
  stream: ReadableStream<Uint8Array>,
  maxBytes: number,
  onPart?: () => void,
): Promise<BoundedRead> {
  const reader = stream.getReader();
  const parts: Uint8Array[] = [];
  let total = 0;
  while (total <= maxBytes) {
    const { done, value } = await reader.read();
    if (done) return { kind: 'whole', bytes: concat(...parts) };
    onPart?.();
    parts.push(value);
    total += value.length;
  }
  return { kind: 'more', parts, reader };
}

export type ReadBody =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'too-large' }
  /** Not UTF-8. */
  | { readonly kind: 'not-text' };

/** A body for the gateway itself (`Arrival.body`). Stops reading at the limit, whatever length was declared. */
export async function readText(body: RequestBody, maxBytes: number): Promise<ReadBody> {
  const whole = body instanceof ReadableStream ? await readWhole(body, maxBytes) : (body ?? new Uint8Array());
  if (whole === null || whole.length > maxBytes) return { kind: 'too-large' };
  const text = fromUtf8(whole);
  return text === null ? { kind: 'not-text' } : { kind: 'text', text };
}

async function readWhole(body: ReadableStream<Uint8Array>, maxBytes: number): Promise<Uint8Array | null> {
  const read = await readUpTo(body, maxBytes);
  if (read.kind === 'whole') return read.bytes;
  await read.reader.cancel();
  return null;
}
