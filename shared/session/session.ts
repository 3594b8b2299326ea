/** What the gateway knows of a client between requests. A session without a subject is anonymous. Times: milliseconds since the epoch. */
export interface Session {
  /** Stable through all rotations; safe to log, no credential. */
  readonly sessionId: string;
  readonly subject: string | null;
  readonly claims: Claims;
  /** `data` keys that origins may see (`identity.data`); the rest stays in the store. */
  readonly shownData: Claims;
  readonly acr: string | null;
  readonly amr: readonly string[];
  readonly createdAt: number;
  /** When the subject proved who they are. */
  readonly authenticatedAt: number;
  readonly lastSeenAt: number;
  readonly idleEndsAt: number;
  /** The absolute end. */
  readonly endsAt: number;
  /** Grows with every change of `data` or claims. */
  readonly version: number;
}

export type Claims = Readonly<Record<string, unknown>>;

/** Who is signing in, whoever says so: an origin's reply, a service, an identity provider. */
export interface Identity {
  readonly subject: string;
  readonly claims: Claims;
  readonly data: Claims;
  readonly acr: string | null;
  readonly amr: readonly string[];
  readonly label: string | null;
}

export type RejectionReason = 'expired' | 'idle' | 'revoked' | 'invalid';

/** What came of looking at a request's credential. */
export type SessionState =
  | { readonly kind: 'none' }
  | { readonly kind: 'active'; readonly session: Session }
  | { readonly kind: 'rejected'; readonly reason: RejectionReason }
  /** The authority could not be asked and what the cookie says is too old to go by. */
  | { readonly kind: 'unavailable' };
