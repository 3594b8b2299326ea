/**
 * Port: how sessions are kept between requests. With `token/` the client carries the whole session, with `stored/` a record
 * does and the client has a handle. `test/contracts/session-strategy` tests both against these comments. Times are
 * milliseconds since the epoch; `value` is always the value of the session cookie.
 */
import type { MaybePromise } from '../../time/maybe-promise.ts';
import type { Fingerprint } from '../request/fingerprint.ts';
import type { Claims, Identity, RejectionReason, Session } from '../session.ts';

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

/** What a session begins with. */
export interface Beginning {
  /** `null`: an anonymous session. */
  readonly identity: Identity | null;
  readonly now: number;
  readonly client: Fingerprint;
  /** The device's name in the list of devices, unless the identity has a label. */
  readonly device: string;
  /** The client's live session, which the new one replaces. An anonymous one passes its data on. */
  readonly from: { readonly session: Session; readonly value: string } | null;
}

export type AuthResult =
  /** `renewed`: the cookie's new value, or `null` if it stays. */
  | { readonly kind: 'active'; readonly session: Session; readonly renewed: string | null }
  /**
   * `replaced`: a newer value was issued (a login, a rotation), perhaps to this client in a reply that is still in flight.
   * The cookie must not be cleared.
   */
  | { readonly kind: 'rejected'; readonly reason: RejectionReason; readonly replaced: boolean }
  /** The store is needed and could not be asked. The session may be live. */
  | { readonly kind: 'unavailable'; readonly because: string };

export type Begun =
  | { readonly kind: 'begun'; readonly session: Session; readonly value: string }
  /** Too long for a cookie (`size.ts`). */
  | { readonly kind: 'too-large' }
  /** The subject has reached its limit of sessions. */
  | { readonly kind: 'full' };

export type Changed =
  | { readonly kind: 'changed'; readonly session: Session; readonly value: string | null }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'conflict' }
  | { readonly kind: 'ended' };

/** `null` removes a key. */
export type DataPatch = Readonly<Record<string, unknown>>;

export interface FoundSession {
  readonly session: Session;
  readonly data: Claims;
  readonly label: string | null;
}

export interface Device {
  readonly id: string;
  readonly label: string;
  readonly createdAt: number;
  /** As far as the store knows: some leave activity to the cookie. */
  readonly lastSeenAt: number;
}

/** The state of a watched session. */
export type WatchResult =
  | { readonly kind: 'live'; readonly session: Session }
  | { readonly kind: 'ended'; readonly reason: RejectionReason }
  /** The store could not be asked. The session may be live. */
  | { readonly kind: 'unknown'; readonly because: string };

/**
 * A session that is watched while a connection is open. Watching is no activity, and rotates and ends nothing.
 */
export interface SessionWatch {
  /** Whether this isolate knows that the session has ended. Does not ask the store. */
  isOverHere(): boolean;
  /** Asks the store. An idle end is known only to stores that note activity. Never throws. */
  look(now: number): Promise<WatchResult>;
}

/** In an outage of the store every method throws `StoreUnavailable`, except `authenticate`, `isStillCurrent` and `watch`. */
export interface Strategy {
  /** Not a promise when this isolate has verified the value before and only its times have to be checked. */
  authenticate(value: string, need: AuthOptions): MaybePromise<AuthResult>;

  /**
   * Of several values of one cookie those to check, in order: the ones with a valid signature that are the newest of their
   * session. At most two of them need the store. The first value when none has a valid signature.
   */
  selectCandidates(values: readonly string[], now: number): Promise<readonly string[]>;

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

  /** Begins a session, always with a new id. */
  begin(beginning: Beginning): Promise<Begun>;

  /** The session of a value with a valid signature, whether it is live or not: for ending what a login replaces. */
  identify(value: string): Promise<{ readonly sessionId: string; readonly subject: string | null } | null>;

  /** Ends one session. */
  end(sessionId: string, why: 'logout' | 'superseded' | 'service', now: number): Promise<void>;

  /** Ends all current sessions of the subject. `null` where the strategy cannot (tokens without a store). */
  readonly endSubject: ((subject: string, now: number) => Promise<void>) | null;

  /** Ends all sessions of the subject but this one, which continues under another value. `null` where the strategy cannot. */
  readonly endOthers: ((session: Session, value: string, now: number) => Promise<Changed>) | null;

  /** Merges into the session's data. `ifVersion`: only on top of that version. */
  update(session: Session, value: string, patch: DataPatch, ifVersion: number | null, now: number): Promise<Changed>;

  /** Issues a new value at once. The old one is invalid when this returns, without a grace. */
  rotate(session: Session, value: string, now: number): Promise<Changed>;

  /** Ends all sessions. `null` where the strategy cannot. */
  readonly endEveryone: ((now: number) => Promise<void>) | null;

  /** The subject's live sessions, newest first. `null` where the strategy has no list. */
  readonly devices: ((subject: string, now: number) => Promise<readonly Device[]>) | null;

  /** Whether a session is or was the subject's, as far as that is still known. */
  readonly belongedTo: ((id: string, subject: string, now: number) => Promise<boolean>) | null;

  /** Access by id, for the service API. `null` where the strategy keeps no records. */
  readonly records: Records | null;
}

export interface Records {
  /** `null`: there is no such session, or it is not live at `now`. */
  find(id: string, now: number): Promise<FoundSession | null>;
  patch(id: string, patch: DataPatch, ifVersion: number | null, now: number): Promise<Changed>;
}
