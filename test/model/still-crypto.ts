/**
 * Web Crypto that answers at once and draws the same numbers every time, so that a run can be repeated to the letter and
 * is still when its microtasks are done. The algorithms are the real ones, by way of node:crypto.
 */
import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

export interface StillCrypto {
  readonly crypto: Crypto;
  /** Each actor draws numbers of its own, so that what one does changes nothing that another draws. */
  drawFor(actor: string, drawn: Drawn): void;
}

/** How many numbers each actor of a model has drawn. */
export type Drawn = Map<string, number>;

interface StillKey {
  readonly [Symbol.toStringTag]: 'CryptoKey';
  readonly type: 'secret';
  readonly algorithm: { readonly name: string; readonly hash: { readonly name: 'SHA-256' }; readonly length: number };
  readonly usages: readonly string[];
  readonly raw: Uint8Array;
}

const authTagBytes = 16;

export function createStillCrypto(): StillCrypto {
  let drawn: Drawn = new Map();
  let actor = '';

  function draw<T extends ArrayBufferView>(into: T): T {
    const bytes = new Uint8Array(into.buffer, into.byteOffset, into.byteLength);
    for (let i = 0; i < bytes.length; i += 32) {
      const n = drawn.get(actor) ?? 0;
      drawn.set(actor, n + 1);
      bytes.set(
        createHash('sha256')
          .update(`${actor}|${n}`)
          .digest()
          .subarray(0, bytes.length - i),
        i,
      );
    }
    return into;
  }

  const subtle = {
    importKey: async (form: string, given: JsonWebKey | Uint8Array, how: string | { name: string }) =>
      keyOf(
        typeof how === 'string' ? how : how.name,
        form === 'jwk' ? bytesOf((given as JsonWebKey).k as string) : (given as Uint8Array),
      ),
    deriveKey: async (how: { salt: Uint8Array; info: Uint8Array }, { raw }: StillKey) =>
      keyOf(
        'HMAC',
        new Uint8Array(
          remembered('hkdf', [raw, how.salt, how.info], () => hkdfSync('sha256', raw, how.salt, how.info, 32)),
        ),
      ),
    digest: async (_: string, data: Uint8Array) =>
      remembered('sha256', [data], () => createHash('sha256').update(data).digest()),
    sign: async (_: unknown, { raw }: StillKey, data: Uint8Array) => hmac(raw, data),
    async verify(_: unknown, { raw }: StillKey, mac: Uint8Array, data: Uint8Array) {
      const own = new Uint8Array(hmac(raw, data));
      return own.length === mac.length && timingSafeEqual(own, mac);
    },
    encrypt: async ({ iv, additionalData }: Sealing, { raw }: StillKey, data: Uint8Array) =>
      remembered('encrypt', [raw, iv, additionalData, data], () => {
        const cipher = createCipheriv('aes-256-gcm', raw, iv).setAAD(additionalData);
        return Buffer.concat([cipher.update(data), cipher.final(), cipher.getAuthTag()]);
      }),
    decrypt: async ({ iv, additionalData }: Sealing, { raw }: StillKey, box: Uint8Array) =>
      remembered('decrypt', [raw, iv, additionalData, box], () => {
        const end = box.length - authTagBytes;
        const decipher = createDecipheriv('aes-256-gcm', raw, iv).setAAD(additionalData).setAuthTag(box.subarray(end));
        return Buffer.concat([decipher.update(box.subarray(0, end)), decipher.final()]);
      }),
  };

  /**
   * Every branch of a walk is replayed from its beginning, so the same inputs come thousands of times. What throws is
   * computed again. Each caller gets a copy of its own.
   */
  const results = new Map<string, ArrayBuffer>();
  function remembered(
    operation: string,
    inputs: readonly Uint8Array[],
    compute: () => Uint8Array | ArrayBuffer,
  ): ArrayBuffer {
    const key = `${operation}|${inputs.map(textOf).join('|')}`;
    let result = results.get(key);
    if (!result) {
      const computed = compute();
      result = computed instanceof ArrayBuffer ? computed : bare(computed);
      results.set(key, result);
    }
    return result.slice(0);
  }
  const hmac = (raw: Uint8Array, data: Uint8Array): ArrayBuffer =>
    remembered('hmac', [raw, data], () => createHmac('sha256', raw).update(data).digest());

  return {
    crypto: { subtle, getRandomValues: draw } as unknown as Crypto,
    drawFor(name, of) {
      actor = name;
      drawn = of;
    },
  };
}

interface Sealing {
  readonly iv: Uint8Array;
  readonly additionalData: Uint8Array;
}

/** With its length before it, so that two lists of inputs never read alike. */
const textOf = (bytes: Uint8Array): string =>
  `${bytes.length}:${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')}`;
const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64url'));
const bare = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer;

const keyOf = (name: string, raw: Uint8Array): StillKey => ({
  [Symbol.toStringTag]: 'CryptoKey',
  type: 'secret',
  algorithm: { name, hash: { name: 'SHA-256' }, length: raw.length * 8 },
  usages: ['sign', 'verify', 'encrypt', 'decrypt'],
  raw,
});
