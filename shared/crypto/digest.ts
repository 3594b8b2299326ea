import { type Bytes, base64url, equalInConstantTime, utf8 } from './bytes.ts';

export async function sha256(data: Uint8Array<ArrayBuffer> | string): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', typeof data === 'string' ? utf8(data) : data));
}

export const sha256Base64url = async (data: Uint8Array<ArrayBuffer> | string): Promise<string> =>
  base64url(await sha256(data));

/** Compares digests, so that the time it takes reveals neither content nor length. */
export async function sameSecret(a: string, b: string): Promise<boolean> {
  const [left, right] = await Promise.all([sha256(a), sha256(b)]);
  return equalInConstantTime(left, right);
}
