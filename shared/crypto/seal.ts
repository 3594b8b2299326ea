/**
 * Sealing: AES-256-GCM under the `seal` keys, for records, pins, hand-off codes and sign-in attempts.
 *
 * Sealed form, base64url: 4 bytes naming the key, 12 random bytes of nonce, ciphertext and tag. The additional data
 * says what the text is and what it is bound to (`pin|<family>`, `record|<family>|<version>`), so that a sealed value
 * put to another use or into another row does not open (NIST SP 800-38D, section 7).
 */
import type { SecretKey } from '../config/settings.ts';
import {
  type Bytes,
  base64url,
  concat,
  equalInConstantTime,
  fromBase64url,
  fromUtf8,
  randomBytes,
  utf8,
} from './bytes.ts';
import { sha256 } from './digest.ts';

export interface Sealer {
  seal(text: string, boundTo: string): Promise<string>;
  /** `null` for anything that was not sealed by one of our keys for exactly this use. */
  open(sealed: string, boundTo: string): Promise<Opened | null>;
}
export interface Opened {
  readonly text: string;
  /** Sealed under a key that is no longer the first: seal it anew when it is written next. */
  readonly stale: boolean;
}

const keyNameBytes = 4;
const nonceBytes = 12;
const tagBytes = 16;

export function createSealer(keys: readonly SecretKey[]): Sealer {
  // Values only: an awaited promise must not be shared between two requests on Workers.
  let imported: readonly { name: Bytes; key: CryptoKey }[] | null = null;
  const ring = async () => {
    if (imported) return imported;
    const fresh = await Promise.all(
      keys.map(async ({ kid, jwk }) => ({
        name: (await sha256(`seal-key|${kid}`)).slice(0, keyNameBytes),
        key: await crypto.subtle.importKey('jwk', jwk, 'AES-GCM', false, ['encrypt', 'decrypt']),
      })),
    );
    imported = fresh;
    return fresh;
  };

  return {
    async seal(text, boundTo) {
      const first = (await ring())[0];
      if (!first) throw new Error('no seal key');
      const iv = randomBytes(nonceBytes);
      const box = await crypto.subtle.encrypt(
        { name: 'AES-GCM', iv, additionalData: utf8(boundTo) },
        first.key,
        utf8(text),
      );
      return base64url(concat(first.name, iv, new Uint8Array(box)));
    },

    async open(sealed, boundTo) {
      const bytes = fromBase64url(sealed);
      if (!bytes || bytes.length < keyNameBytes + nonceBytes + tagBytes) return null;
      const name = bytes.subarray(0, keyNameBytes);
      const keyring = await ring();
      const index = keyring.findIndex((entry) => equalInConstantTime(entry.name, name));
      const entry = keyring[index];
      if (!entry) return null;
      try {
        const plain = await crypto.subtle.decrypt(
          {
            name: 'AES-GCM',
            iv: bytes.subarray(keyNameBytes, keyNameBytes + nonceBytes),
            additionalData: utf8(boundTo),
          },
          entry.key,
          bytes.subarray(keyNameBytes + nonceBytes),
        );
        const text = fromUtf8(new Uint8Array(plain));
        return text === null ? null : { text, stale: index > 0 };
      } catch {
        return null;
      }
    },
  };
}
