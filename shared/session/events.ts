/** The events of a session's life. `log/session-events.ts` writes a keyed tag in place of the session's id. */
export type SessionEvent = {
  readonly sessionId: string;
} & (
  | { readonly event: 'session-begun'; readonly anonymous: boolean }
  | { readonly event: 'session-ended'; readonly why: 'logout' | 'superseded' | 'service' | 'limit' }
  | { readonly event: 'session-ended-everywhere' }
  | { readonly event: 'session-rotated'; readonly how: 'periodic' | 'privilege' }
  /** A replaced secret was used again: it has been copied. The session is ended. */
  | { readonly event: 'session-reuse'; readonly because: string }
  | { readonly event: 'session-rejected'; readonly reason: string }
  | { readonly event: 'session-client-changed'; readonly what: readonly string[]; readonly strict: boolean }
  /** A record or a credential needs a key that is not configured any more. */
  | { readonly event: 'session-key-unknown' }
);

/** Must not throw. */
export type EmitEvent = (event: SessionEvent) => void;
