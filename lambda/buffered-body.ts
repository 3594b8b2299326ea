/** The whole body of a reply, for results that cannot be streamed; never more of it in memory than can be delivered. */

export type WholeBody =
  | { readonly kind: 'whole'; readonly bytes: Uint8Array }
  /** Cancelled as soon as it was known, so that the origin can stop too. */
  | { readonly kind: 'too-large' }
  /** The origin went away in the middle. Nothing has been sent yet, so it need not be delivered broken. */
  | { readonly kind: 'broken' };

export async function readWhole(
  body: ReadableStream<Uint8Array> | null,
  mostBytes: number,
  announced: string | null,
): Promise<WholeBody> {
  if (!body) return { kind: 'whole', bytes: new Uint8Array() };
  const reader = body.getReader();
  const tooLarge = async (): Promise<WholeBody> => {
    await reader.cancel('reply too large').catch(() => undefined);
    return { kind: 'too-large' };
  };
  if (announced !== null && Number(announced) > mostBytes) return await tooLarge();

  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return { kind: 'whole', bytes: new Uint8Array(Buffer.concat(chunks, length)) };
      length += value.length;
      if (length > mostBytes) return await tooLarge();
      chunks.push(value);
    }
  } catch {
    return { kind: 'broken' };
  }
}
