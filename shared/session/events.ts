import type { RejectionReason } from './session.ts';

/** The events of a session's life. `log/session-events.ts` writes a keyed tag in place of the session's id. */
export type SessionEvent = {
  /** `null`: the session is not known, because the credential could not be read. */
  readonly sessionId: string | null;
} & (
  | { readonly event: 'session-begun'; readonly anonymous: boolean }
  | { readonly event: 'session-ended'; readonly why: 'logout' | 'superseded' | 'service' | 'limit' }
  | { readonly event: 'session-ended-everywhere' }
  | { readonly event: 'session-rotated'; readonly how: 'periodic' | 'privilege' }
  /** A replaced secret was used again: it has been copied. The session is ended. */
  | { readonly event: 'session-reuse'; readonly because: string }
  | { readonly event: 'session-rejected'; readonly reason: RejectionReason; readonly because: RefusalCause }
  | { readonly event: 'session-client-changed'; readonly what: readonly string[]; readonly strict: boolean }
  /** A record or a credential needs a key that is not configured any more. */
  | { readonly event: 'session-key-unknown' }
);

/**
 * Why a credential was refused. The first six cannot be read: no form of a credential, a key that is not configured, a wrong
 * signature, a JSON member named twice, other claims or times than this gateway writes, an issuer that is not a public origin.
 */
export type RefusalCause =
  | 'shape'
  | 'key'
  | 'signature'
  | 'duplicate'
  | 'claims'
  | 'issuer'
  | 'expired'
  | 'idle'
  | 'revoked'
  | 'binding';

/** Must not throw. */
export type EmitEvent = (event: SessionEvent) => void;
