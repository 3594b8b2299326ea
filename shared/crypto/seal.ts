/**
 * Sealing: AES-256-GCM under the `seal` keys, for records, pins, hand-off codes and sign-in attempts.
 *
 * Sealed form, base64url: the key's tag (4 bytes), a random nonce (12 bytes), ciphertext and GCM tag. The additional data
 * says what the text is and what it belongs to (`pin|<session id>`, `record|<session id>|<version>`). A sealed value that is
 * put to another use or into another row does not open (NIST SP 800-38D, section 7).
 */
import type { SecretKey } from '../config/settings.ts';
import { base64url, concat, fromBase64url, fromUtf8, randomBytes, utf8 } from './bytes.ts';
import { createKeyRing, keyByTag, keyTagBytes } from './key-ring.ts';

export interface Sealer {
  seal(text: string, boundTo: string): Promise<string>;
  /** `null` unless one of these keys sealed it for exactly this use. */
  open(sealed: string, boundTo: string): Promise<Opened | null>;
}
export interface Opened {
  readonly text: string;
  /** Sealed under a key that is no longer the first. The next write uses the first. */
  readonly stale: boolean;
}

const nonceBytes = 12;
const gcmTagBytes = 16;

export function createSealer(secrets: readonly SecretKey[]): Sealer {
  const ring = createKeyRing(secrets, 'seal-key', (jwk) =>
    crypto.subtle.importKey('jwk', jwk, 'AES-GCM', false, ['encrypt', 'decrypt']),
  );

  return {
    async seal(text, boundTo) {
      const first = (await ring.keys())[0];
      if (!first) throw new Error('no seal key');
      const iv = randomBytes(nonceBytes);
      const box = await crypto.subtle.encrypt(
        { name: 'AES-GCM', iv, additionalData: utf8(boundTo) },
        first.key,
        utf8(text),
      );
      return base64url(concat(first.tag, iv, new Uint8Array(box)));
    },

    async open(sealed, boundTo) {
      const bytes = fromBase64url(sealed);
      if (!bytes || bytes.length < keyTagBytes + nonceBytes + gcmTagBytes) return null;
      const found = keyByTag(await ring.keys(), bytes.subarray(0, keyTagBytes));
      if (!found) return null;
      const iv = bytes.subarray(keyTagBytes, keyTagBytes + nonceBytes);
      try {
        const plain = await crypto.subtle.decrypt(
          { name: 'AES-GCM', iv, additionalData: utf8(boundTo) },
          found.entry.key,
          bytes.subarray(keyTagBytes + nonceBytes),
        );
        const text = fromUtf8(new Uint8Array(plain));
        return text === null ? null : { text, stale: found.stale };
      } catch {
        return null;
      }
    },
  };
}
