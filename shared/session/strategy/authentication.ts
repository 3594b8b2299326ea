/** Port: whether a request's credential has a live session. An outage of the store is an answer, never thrown. */
import type { MaybePromise } from '../../time/maybe-promise.ts';
import type { Fingerprint } from '../request/fingerprint.ts';
import type { RejectionReason, Session } from '../session.ts';

export interface AuthOptions {
  readonly now: number;
  /** How old the last check for revocations may be. 0: ask the store now. */
  readonly freshnessMs: number;
  /** Whether this request counts as activity. */
  readonly touch: boolean;
  /** GET and HEAD get a grace while the store is down. */
  readonly safeMethod: boolean;
  /** The client's fingerprint. A function, because it is rarely needed. */
  readonly client: () => Fingerprint;
  /** Only looks, on behalf of another caller: notes no activity, rotates and ends nothing. */
  readonly passive?: boolean;
}

export type AuthResult =
  /**
   * `renewed`: the cookie's new value, or `null` if it stays. `isStale`: the store could not be asked, and the cookie was
   * trusted for longer than the route's freshness.
   */
  | { readonly kind: 'active'; readonly session: Session; readonly renewed: string | null; readonly isStale?: boolean }
  /**
   * `replaced`: a newer value was issued (a login, a rotation), perhaps to this client in a reply that is still in flight.
   * The cookie must not be cleared.
   */
  | { readonly kind: 'rejected'; readonly reason: RejectionReason; readonly replaced: boolean }
  /** The store is needed and could not be asked. The session may be live. */
  | { readonly kind: 'unavailable'; readonly because: string };

/** The state of a watched session. */
export type WatchResult =
  | { readonly kind: 'live'; readonly session: Session }
  | { readonly kind: 'ended'; readonly reason: RejectionReason }
  /** The store could not be asked. The session may be live. */
  | { readonly kind: 'unknown'; readonly because: string };

/** A session that is watched while a connection is open. Watching is no activity, and rotates and ends nothing. */
export interface SessionWatch {
  /** Whether this isolate knows that the session has ended. Does not ask the store. */
  isOverHere(): boolean;
  /** Asks the store. An idle end is known only to stores that note activity. Never throws. */
  look(now: number): Promise<WatchResult>;
}

export interface Authentication {
  /** Not a promise when this isolate has verified the value before and only its times have to be checked. */
  authenticate(value: string, options: AuthOptions): MaybePromise<AuthResult>;

  /**
   * Of several values of one cookie those to check, in order: the ones with a valid signature that are the newest of their
   * session. At most two of them need the store. The first value when none has a valid signature.
   */
  selectCandidates(values: readonly string[], now: number): Promise<readonly string[]>;

  /** The session of a value with a valid signature, whether it is live or not: for ending what a login replaces. */
  identify(value: string): Promise<{ readonly sessionId: string; readonly subject: string | null } | null>;

  /**
   * Whether a value that was renewed at the start of a request may still be sent with its reply. A login, a logout or a
   * rotation may have replaced it since. `ask`: also ask the store.
   */
  isStillCurrent(value: string, now: number, ask: boolean): Promise<boolean>;

  /**
   * Watches the session of a value. The value may be replaced by rotation while its connection is open; watching it is no
   * reuse. `null` when the value is not this gateway's.
   */
  watch(value: string): Promise<SessionWatch | null>;
}
