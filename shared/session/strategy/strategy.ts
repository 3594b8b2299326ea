/**
 * The Strategy port: how a session survives between requests. `token-strategy.ts` has the client carry it,
 * `stored-strategy.ts` keeps a record and gives the client a handle. `test/contracts/session-strategy` holds both to
 * these comments. Times are milliseconds since the epoch; `value` is always what stands in the cookie.
 */
import type { MaybePromise } from '../../time/maybe-promise.ts';
import type { Fingerprint } from '../request/fingerprint.ts';
import type { Claims, Identity, RejectionReason, Session } from '../session.ts';

export interface AuthOptions {
  readonly now: number;
  /** How old the knowledge of a revocation may be. 0: ask the authority now. */
  readonly freshnessMs: number;
  /** Whether this request counts as activity. */
  readonly touch: boolean;
  /** GET and HEAD may be served a little longer while the store is down. */
  readonly safeMethod: boolean;
  /** Who is asking, as far as it can be told; found out when somebody wants to know. */
  readonly client: () => Fingerprint;
  /** Only looks (for somebody else's sake): nothing is noted, rotated or ended by it. */
  readonly passive?: boolean;
}

/** Who begins a session, and with what. */
export interface Beginning {
  /** `null`: an anonymous session. */
  readonly identity: Identity | null;
  readonly now: number;
  readonly client: Fingerprint;
  /** What a device list calls it when nobody gave it a label. */
  readonly device: string;
  /** The live session it takes the place of, if any: an anonymous one hands its data on. */
  readonly from: { readonly session: Session; readonly value: string } | null;
}

export type AuthResult =
  /** `renewed`: the value that must take the cookie's place, or `null` when nothing changed. */
  | { readonly kind: 'active'; readonly session: Session; readonly renewed: string | null }
  /**
   * `replaced`: a successor of this value was given out (a login, a rotation), perhaps to this very client in a reply
   * that is still on its way: its cookie must not be cleared.
   */
  | { readonly kind: 'rejected'; readonly reason: RejectionReason; readonly replaced: boolean }
  /** The authority is needed and could not be asked. Says nothing about the session. */
  | { readonly kind: 'unavailable'; readonly because: string };

export type Begun =
  | { readonly kind: 'begun'; readonly session: Session; readonly value: string }
  /** It does not fit into what a client may be asked to carry. */
  | { readonly kind: 'too-large' }
  /** The subject has as many as it may have. */
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
  /** As the authority knows it: a store that leaves activity to the cookie knows less. */
  readonly lastSeenAt: number;
}

/** What there is to say of a session while a connection that was opened with it is still there. */
export type WatchResult =
  | { readonly kind: 'live'; readonly session: Session }
  | { readonly kind: 'ended'; readonly reason: RejectionReason }
  /** The authority could not be asked. Says nothing about the session. */
  | { readonly kind: 'unknown'; readonly because: string };

/**
 * One session, watched for as long as a connection lives. Only looks: nothing is noted, rotated or ended by it, and it
 * is no activity.
 */
export interface SessionWatch {
  /** Whether this isolate has ended the session, or has heard of its end. Asks nobody. */
  isOverHere(): boolean;
  /**
   * Asks the authority, whatever the time of the last answer. An idle end is known only where the authority hears of
   * activity. Never throws.
   */
  look(now: number): Promise<WatchResult>;
}

/** A store that cannot be reached makes every method but `recognise`, `stands` and `watch` throw `StoreUnavailable`. */
export interface Strategy {
  /** At once for a value that this isolate has verified before and that needs nothing but a look at the time. */
  authenticate(value: string, need: AuthOptions): MaybePromise<AuthResult>;

  /**
   * Of several different values that came under one name those that are worth a look, in the order to look at them: signed
   * by us, and the newest of its session. At most two of them need the authority. The first value when none is signed.
   */
  selectCandidates(values: readonly string[], now: number): Promise<readonly string[]>;

  /**
   * Whether a value that was renewed for a request may still be given to the client when the reply is there: a login, a
   * logout or a rotation may have put another in its place. `ask`: the authority too, and not only what is known here.
   */
  isStillCurrent(value: string, now: number, ask: boolean): Promise<boolean>;

  /**
   * Keeps an eye on the session that a value speaks for. That value may be rotated away while its connection goes on: here
   * this is no reuse, since nobody shows it anew. `null` for what we did not write.
   */
  watch(value: string): Promise<SessionWatch | null>;

  /** A new family. Never adopts an id that the client brought. */
  begin(beginning: Beginning): Promise<Begun>;

  /** Which family a value speaks for, if we made it: for ending what a login supersedes. Lifetimes are not looked at. */
  identify(value: string): Promise<{ readonly sessionId: string; readonly subject: string | null } | null>;

  /** Ends one session, for good. */
  end(sessionId: string, why: 'logout' | 'superseded' | 'service', now: number): Promise<void>;

  /** Ends every session the subject has now. `null` where the strategy cannot (a token without a store). */
  readonly endSubject: ((subject: string, now: number) => Promise<void>) | null;

  /** Ends every session of the subject but this one, which goes on under another value. `null` where the strategy cannot. */
  readonly endOthers: ((session: Session, value: string, now: number) => Promise<Changed>) | null;

  /** Merges into the session's data. `ifVersion`: only on top of that version. */
  update(session: Session, value: string, patch: DataPatch, ifVersion: number | null, now: number): Promise<Changed>;

  /** A fresh secret at once, without grace: the old value is dead when this returns. */
  rotate(session: Session, value: string, now: number): Promise<Changed>;

  /** Ends every session there is. `null` where the strategy cannot. */
  readonly endEveryone: ((now: number) => Promise<void>) | null;

  /** The subject's live sessions, newest first. `null` where the strategy keeps nothing that could be listed. */
  readonly devices: ((subject: string, now: number) => Promise<readonly Device[]>) | null;

  /** Whether an ended session was the subject's, as far as that is still known. */
  readonly belongedTo: ((id: string, subject: string, now: number) => Promise<boolean>) | null;

  /** By id, for the service API. `null` where the strategy keeps nothing that could be looked up. */
  readonly records: Records | null;
}

export interface Records {
  /** `null`: not there, or not live at `now`. */
  find(id: string, now: number): Promise<FoundSession | null>;
  patch(id: string, patch: DataPatch, ifVersion: number | null, now: number): Promise<Changed>;
}
