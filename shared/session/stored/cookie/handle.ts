/**
 * The cookie of a stored session: `v1.<locator>.<secret>.<snapshot>`.
 *
 * The locator is the session's id. The secret is the credential. The snapshot is a signed copy of the session, good for
 * the route's freshness. Each field is base64url (RFC 4648, section 5).
 */
import { base64url, randomBytes } from '../../../crypto/bytes.ts';

export interface Handle {
  readonly locator: string;
  /** 256 random bits. A credential: never stored, never logged. */
  readonly secret: string;
  readonly snapshot: string;
}

/** The id has 128 random bits, the secret 256 (NIST SP 800-63B, section 5.1.1 asks for 64). */
const shape = /^v1\.([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{43})\.([A-Za-z0-9_-]{60,4000})$/;

export const newSessionId = (): string => base64url(randomBytes(16));
export const newSecret = (): string => base64url(randomBytes(32));
export const isSessionId = (text: string): boolean => /^[A-Za-z0-9_-]{22}$/.test(text);

export function readHandle(value: string): Handle | null {
  const match = shape.exec(value);
  return match ? { locator: match[1] as string, secret: match[2] as string, snapshot: match[3] as string } : null;
}

export const writeHandle = ({ locator, secret, snapshot }: Handle): string => `v1.${locator}.${secret}.${snapshot}`;
