/**
 * Port: session records, one row per session.
 *
 * A store sees no credential and no content: secrets are hashed and content is sealed before they get here. Times are
 * milliseconds since the epoch. The caller passes `now` and decides what has expired; a store's own expiry is
 * housekeeping. Only an outage throws.
 *
 * Every write after `create` fails with `'ended'` once an ending of the session, of its subject or of everyone is known
 * (`endings.ts`), so no late write can revive an ended session.
 */

export interface StoreRecord {
  /** The session's id. Safe to log: it is no credential. */
  readonly sessionId: string;
  /** SHA-256 (base64url) of the subject, or `null` for an anonymous session. */
  readonly subjectKey: string | null;
  /** SHA-256 (base64url) of the secret in the cookie. */
  readonly secretHash: string;
  /** 1 at creation, one more with every save. */
  readonly version: number;
  readonly createdAt: number;
  readonly lastSeenAt: number;
  /** The absolute end. No write moves it. */
  readonly endsAt: number;
  /** Subject, claims, data and the rest: AES-256-GCM, bound to session id and version. */
  readonly sealed: string;
}

/** Where a record is. */
export interface Locator {
  readonly sessionId: string;
  /** `undefined` when the caller does not know it: the service API has the id alone. */
  readonly subjectKey?: string | null;
  /** The newest version the caller has seen: an older one must not be returned. `undefined`: the newest there is. */
  readonly version?: number;
}

export interface Loaded {
  /** `null`: there is no such record. It never was, or it was collected after its end. */
  readonly record: StoreRecord | null;
  /** When the session was ended, or `null`. */
  readonly revokedAt: number | null;
  /** Sessions of the subject that were created at or before this moment are ended; `null`: there is no such fact. */
  readonly subjectNotBefore: number | null;
  /** The same for every session. May be up to 10 s old where asking would cost a round trip of its own. */
  readonly everyoneNotBefore: number | null;
  /** The activity that `load` was given has been noted. The record is as it was before. */
  readonly isNoted?: true;
}

/** Activity to be noted together with a load. */
export interface Activity {
  readonly at: number;
  /** Noted only if the session was seen after this moment: a session that was idle for too long must not come back. */
  readonly ifSeenAfter: number;
}

export interface Records {
  /** Adds a record. `false` when the id is taken: the record that is there stays as it is. */
  create(record: StoreRecord, now: number): Promise<boolean>;

  /**
   * The record and everything that may have ended it, in one round trip. A store that can also notes the activity of a live
   * session in it (`isNoted`); after any other one the caller uses `touch`.
   */
  load(locator: Locator, now: number, activity?: Activity): Promise<Loaded>;

  /** The same for several sessions of one subject, in their order: in one round trip where the store can. */
  loadAll(subjectKey: string, sessionIds: readonly string[], now: number): Promise<readonly Loaded[]>;

  /**
   * Notes activity; never moves `lastSeenAt` backwards. `'ended'` also when the record is gone. `'unwritten'` from a
   * store that leaves activity to the cookie (`notesActivity` in `config/stores.ts`).
   */
  touch(locator: Locator, lastSeenAt: number, now: number): Promise<'touched' | 'ended' | 'unwritten'>;

  /**
   * Replaces the record by its next version: only on top of `record.version - 1`, else `'conflict'`; `'ended'` also when
   * it is gone. `sessionId`, `subjectKey`, `createdAt` and `endsAt` stay as they were.
   */
  save(record: StoreRecord, now: number): Promise<'saved' | 'conflict' | 'ended'>;
}
