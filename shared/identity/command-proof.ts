/**
 * Proof that the origin itself wrote a Session-* reply header, and does not echo a client's input: the pool's token in a
 * second header, or a JWS in place of the value (`jws-proof.ts`).
 */
import type { CommandName } from '../config/settings.ts';
import { fromBase64url, fromUtf8 } from '../crypto/bytes.ts';
import { sameSecret } from '../crypto/digest.ts';
import { readJsonObject } from '../http/json.ts';

export type Proof =
  /** `content`: a JSON object for `issue` and `update`, a boolean for `rotate`, the scope for `end`. */
  | { readonly kind: 'authentic'; readonly content: unknown }
  | { readonly kind: 'unproven'; readonly because: string }
  | { readonly kind: 'malformed'; readonly because: string };

export interface ProofFacts {
  readonly headers: Headers;
  readonly requestId: string;
  readonly now: number;
}
export type Prove = (command: CommandName, value: string, facts: ProofFacts) => Promise<Proof>;

/** Of the JSON, before base64url. */
const maxContentBytes = 4096;

export const unproven = (because: string): Proof => ({ kind: 'unproven', because });
export const malformed = (because: string): Proof => ({ kind: 'malformed', because });

export function createTokenProof(token: string): Prove {
  return async (command, value, { headers }) => {
    const shown = headers.get('session-origin-token');
    if (shown === null) return unproven('no origin token');
    if (!(await sameSecret(shown, token))) return unproven('wrong origin token');
    if (command === 'end') return { kind: 'authentic', content: value };
    if (command === 'rotate') {
      // RFC 9651, section 3.3.6.
      return value === '?1' || value === '?0' ? { kind: 'authentic', content: value === '?1' } : malformed('not ?1');
    }
    return contentOf(fromBase64url(value));
  };
}

export function contentOf(bytes: Uint8Array | null): Proof {
  if (bytes === null) return malformed('not base64url');
  if (bytes.length > maxContentBytes) return malformed('over 4 KB');
  const text = fromUtf8(bytes);
  const content = text === null ? null : readJsonObject(text);
  return content === null ? malformed('not a JSON object with unique members') : { kind: 'authentic', content };
}
