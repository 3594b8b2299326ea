/**
 * What happens in a session's life, told once each. The family stands in an event so that `observe` can make a keyed tag
 * of it; it is written nowhere as it is.
 */
export type SessionEvent = {
  readonly sessionId: string;
} & (
  | { readonly event: 'session-begun'; readonly anonymous: boolean }
  | { readonly event: 'session-ended'; readonly why: 'logout' | 'superseded' | 'service' | 'limit' }
  | { readonly event: 'session-ended-everywhere' }
  | { readonly event: 'session-rotated'; readonly how: 'periodic' | 'privilege' }
  /** A secret came back that had been replaced: somebody holds a copy. The family is ended. */
  | { readonly event: 'session-reuse'; readonly because: string }
  | { readonly event: 'session-rejected'; readonly reason: string }
  | { readonly event: 'session-client-changed'; readonly what: readonly string[]; readonly strict: boolean }
  /** The record is there and none of our keys opens it. */
  | { readonly event: 'session-key-unknown' }
);

/** Must not throw. */
export type EmitEvent = (event: SessionEvent) => void;
