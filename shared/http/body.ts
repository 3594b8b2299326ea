/** Reading the bodies that are meant for us: small, bounded, and never trusted to be what they say they are. */
import { concat, fromUtf8 } from '../crypto/bytes.ts';
import type { RequestBody } from '../platform.ts';

export type ReadBody =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'not-text' };

/** Takes the body from where the host put it (`Arrival.body`). Stops reading at the bound, whatever was promised. */
export async function readText(body: RequestBody, maxBytes: number): Promise<ReadBody> {
  const whole = body instanceof ReadableStream ? await readBounded(body, maxBytes) : (body ?? new Uint8Array());
  if (whole === null || whole.length > maxBytes) return { kind: 'too-large' };
  const text = fromUtf8(whole);
  return text === null ? { kind: 'not-text' } : { kind: 'text', text };
}

async function readBounded(body: ReadableStream<Uint8Array>, mostBytes: number): Promise<Uint8Array | null> {
  const reader = body.getReader();
  const parts: Uint8Array[] = [];
  let total = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return concat(...parts);
    total += value.length;
    if (total > mostBytes) {
      await reader.cancel();
      return null;
    }
    parts.push(value);
  }
}
