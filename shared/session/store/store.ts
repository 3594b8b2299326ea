/**
 * The Store port: where session records live. `*-store.ts` lists the implementations; `test/contracts/session-store`
 * holds every one of them to these comments.
 *
 * A store sees no credential and no content: secrets are hashed and content is sealed before it gets here.
 * Every time is milliseconds since the epoch, and the caller brings `now`: a store's own expiry is housekeeping only,
 * the caller decides what is expired. An outage throws; nothing else does.
 *
 * Revocations are facts written once, beside the record and never inside it. Every write after `create` is conditional
 * on "no revocation is known", so that no touch and no save can revive what was ended.
 */

export interface StoreRecord {
  /** Stable identity of the session; safe to log, no credential. */
  readonly sessionId: string;
  /** SHA-256 (base64url) of the subject, or `null` for an anonymous session. */
  readonly subjectKey: string | null;
  /** SHA-256 (base64url) of the secret in the cookie. */
  readonly secretHash: string;
  /** 1 at creation, one more with every save. */
  readonly version: number;
  readonly createdAt: number;
  readonly lastSeenAt: number;
  /** The absolute end. Nothing moves it. */
  readonly endsAt: number;
  /** Subject, claims, data and the rest: AES-256-GCM, bound to family and version. */
  readonly sealed: string;
}

/** What a cookie tells of where its record is. */
export interface Locator {
  readonly sessionId: string;
  /** `undefined` when the caller does not know it (the service API asks by id alone). */
  readonly subjectKey?: string | null;
  /** The newest version the caller has seen: an older one must not be returned. `undefined`: whatever is newest. */
  readonly version?: number;
}

export interface Loaded {
  /** `null`: no such record (never was, or collected after its end). */
  readonly record: StoreRecord | null;
  /** When the family was ended, or `null`. */
  readonly revokedAt: number | null;
  /** Sessions of the subject created at or before this moment are ended; `null`: no such fact. */
  readonly subjectNotBefore: number | null;
  /** The same for everybody. May be up to 10 s old where asking for it would cost a round trip of its own. */
  readonly everyoneNotBefore: number | null;
}

/** A subject's list of sessions, sealed by the caller. */
export interface Roster {
  /** 0: there is none yet. Grows with every write. */
  readonly revision: number;
  readonly sealed: string | null;
}

export type Revocation = { readonly at: number; readonly why: RevocationReason; readonly keepUntil: number };
export type RevocationReason = 'logout' | 'superseded' | 'service' | 'reuse' | 'limit';

export interface Store {
  /** Adds a record. A family that is already there stays as it is, and the answer is `false`. */
  create(record: StoreRecord, now: number): Promise<boolean>;

  /** Record and both facts in one round trip, as the authority sees them now. */
  load(locator: Locator, now: number): Promise<Loaded>;

  /**
   * Notes activity. `'ended'` when the record is gone or a revocation of family or subject is known.
   * Never moves `lastSeenAt` backwards. A store that cannot afford a write per interval answers `'unwritten'`
   * and leaves it to the cookie.
   */
  touch(locator: Locator, lastSeenAt: number, now: number): Promise<'touched' | 'ended' | 'unwritten'>;

  /**
   * Replaces the record by the next version. Only on top of `record.version - 1`, else `'conflict'`;
   * `'ended'` when it is gone or revoked. Kept: family, subjectKey, createdAt, endsAt.
   */
  save(record: StoreRecord, now: number): Promise<'saved' | 'conflict' | 'ended'>;

  /** Ends a family for good. Written once: a second call changes nothing. Works for a family it never saw. */
  revoke(sessionId: string, revocation: Revocation): Promise<void>;

  /** Ends every session of the subject created at or before `notBefore`: one write. Never moves backwards. */
  revokeSubject(subjectKey: string, notBefore: number, keepUntil: number): Promise<void>;

  /** Ends every session there is that was created at or before `notBefore`: one write. Never moves backwards. */
  revokeEveryone(notBefore: number, keepUntil: number): Promise<void>;

  /** As the authority has it now. A roster is a register and no authority: each session in it still has to be looked at. */
  readRoster(subjectKey: string, now: number): Promise<Roster>;

  /**
   * Puts a roster on top of the revision that was read, and answers `false` when another one is there already (on a store
   * without conditional writes: best effort). Forgotten some time after `keepUntil`.
   */
  writeRoster(subjectKey: string, sealed: string, onRevision: number, keepUntil: number, now: number): Promise<boolean>;

  /**
   * Puts a value where there is none, and answers `null`; where there is one, leaves it and answers with it.
   * For things that happen once: hand-off codes, idempotency keys. After `keepUntil` the place is empty again.
   */
  once(key: string, value: string, keepUntil: number, now: number): Promise<string | null>;

  /** What stands in such a place, or `null`. Takes nothing, and proves nothing of the next moment. */
  taken(key: string, now: number): Promise<string | null>;

  /** One cheap round trip, for `readyz`. */
  check(): Promise<void>;
}
