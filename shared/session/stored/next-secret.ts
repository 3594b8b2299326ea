/**
 * Derives the next secret of a session from the current one: HMAC-SHA-256 under a key that HKDF (RFC 5869) makes from a
 * seal key. Every isolate derives the same secret, without a lock and without communication.
 */
import type { SecretKey } from '../../config/settings.ts';
import { base64url, fromBase64url, utf8 } from '../../crypto/bytes.ts';
import { createKeyRing, type RingKey } from '../../crypto/key-ring.ts';

export interface NextSecrets {
  /** Names the first key. A cookie keeps the name until its next generation. */
  keyName(): Promise<string>;
  /** `keyName`: as in the parent's cookie. The first key is used in place of one that was removed. */
  after(
    parent: { readonly sessionId: string; readonly secret: string; readonly generation: number },
    keyName: string,
  ): Promise<string>;
}

const nameLength = 6;
const nameOf = ({ name }: RingKey): string => name.slice(0, nameLength);

export function createNextSecrets(sealKeys: readonly SecretKey[]): NextSecrets {
  const ring = createKeyRing(sealKeys, 'rotation-key', deriveMacKey);
  return {
    async keyName() {
      const [first] = await ring.keys();
      return first ? nameOf(first) : '';
    },
    async after({ sessionId, secret, generation }, keyName) {
      const keys = await ring.keys();
      const entry = keys.find((key) => nameOf(key) === keyName) ?? keys[0];
      if (!entry) throw new Error('no seal key');
      const text = utf8(`${sessionId}|${generation + 1}|${secret}`);
      return base64url(new Uint8Array(await crypto.subtle.sign('HMAC', entry.key, text)));
    },
  };
}

async function deriveMacKey({ k }: JsonWebKey): Promise<CryptoKey> {
  const raw = fromBase64url(k as string);
  if (!raw) throw new Error('a seal key is not base64url');
  const master = await crypto.subtle.importKey('raw', raw, 'HKDF', false, ['deriveKey']);
  const how = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(0), info: utf8('berth-rotation') };
  return crypto.subtle.deriveKey(how, master, { name: 'HMAC', hash: 'SHA-256', length: 256 }, false, ['sign']);
}
