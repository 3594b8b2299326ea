/** Reads a whole reply body, for results that cannot be streamed. Never holds more in memory than can be delivered. */
import { readUpTo } from '../shared/http/body.ts';

export type WholeBody =
  | { readonly kind: 'whole'; readonly bytes: Uint8Array }
  /** Cancelled as soon as the limit was passed, so that the origin can stop sending. */
  | { readonly kind: 'too-large' }
  /** The origin broke off. Nothing has been sent to the client yet, so an error page can take its place. */
  | { readonly kind: 'broken' };

/** `contentLength`: the header of the reply. A body that announces too much is not read at all. */
export async function readWhole(
  body: ReadableStream<Uint8Array> | null,
  maxBytes: number,
  contentLength: string | null,
): Promise<WholeBody> {
  if (!body) return { kind: 'whole', bytes: new Uint8Array() };
  if (contentLength !== null && Number(contentLength) > maxBytes) {
    await body.cancel('reply too large').catch(() => undefined);
    return { kind: 'too-large' };
  }
  try {
    const read = await readUpTo(body, maxBytes);
    if (read.kind === 'whole') return read;
    await read.reader.cancel('reply too large').catch(() => undefined);
    return { kind: 'too-large' };
  } catch {
    return { kind: 'broken' };
  }
}
