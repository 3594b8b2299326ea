/** A session. Without a subject it is anonymous. Times: milliseconds since the epoch. */
export interface Session {
  /** Stays the same through all rotations. No credential. */
  readonly sessionId: string;
  readonly subject: string | null;
  readonly claims: Claims;
  /** The keys of `data` that origins may see (`identity.data`). The rest stays in the store. */
  readonly shownData: Claims;
  readonly acr: string | null;
  readonly amr: readonly string[];
  readonly createdAt: number;
  /** When the subject last authenticated. */
  readonly authenticatedAt: number;
  readonly lastSeenAt: number;
  readonly idleEndsAt: number;
  /** The absolute end. */
  readonly endsAt: number;
  /** Grows with every change of `data` or claims. */
  readonly version: number;
}

export type Claims = Readonly<Record<string, unknown>>;

/** Who is signing in, from an origin's reply or a service. */
export interface Identity {
  readonly subject: string;
  readonly claims: Claims;
  readonly data: Claims;
  readonly acr: string | null;
  readonly amr: readonly string[];
  readonly label: string | null;
}

export type RejectionReason = 'expired' | 'idle' | 'revoked' | 'invalid';

/** The session of a request, once its credential was checked. */
export type SessionState =
  | { readonly kind: 'none' }
  | { readonly kind: 'active'; readonly session: Session }
  | { readonly kind: 'rejected'; readonly reason: RejectionReason }
  /** The store could not be asked, and the cookie is too old to be trusted without it. */
  | { readonly kind: 'unavailable' };
