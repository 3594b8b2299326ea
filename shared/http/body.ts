/** Reading the bodies that are meant for us: small, bounded, and never trusted to be what they say they are. */
import { fromUtf8 } from '../crypto/bytes.ts';

export type ReadBody =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'not-text' };

/** Stops reading at the bound, whatever Content-Length promised. */
export async function readText(request: Request, mostBytes: number): Promise<ReadBody> {
  if (Number(request.headers.get('content-length') ?? 0) > mostBytes) return { kind: 'too-large' };
  if (!request.body) return { kind: 'text', text: '' };
  const reader = request.body.getReader();
  const parts: Uint8Array[] = [];
  let total = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    total += value.length;
    if (total > mostBytes) {
      await reader.cancel();
      return { kind: 'too-large' };
    }
    parts.push(value);
  }
  const whole = new Uint8Array(total);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  const text = fromUtf8(whole);
  return text === null ? { kind: 'not-text' } : { kind: 'text', text };
}
