/**
 * Port: the facts that end sessions. Each is written beside the records and never inside one, and none is ever taken
 * back. Times are milliseconds since the epoch; only an outage throws.
 */

export type EndReason = 'logout' | 'superseded' | 'service' | 'reuse' | 'limit';

export interface Revocation {
  readonly at: number;
  readonly why: EndReason;
  /** The fact is needed until then. */
  readonly keepUntil: number;
}

export interface Endings {
  /** Ends one session. Written once: a second call changes nothing. Works for a session that the store never saw. */
  revoke(sessionId: string, revocation: Revocation): Promise<void>;

  /** Ends every session of the subject created at or before `notBefore`, with one write. Never moves backwards. */
  revokeSubject(subjectKey: string, notBefore: number, keepUntil: number): Promise<void>;

  /** Ends every session created at or before `notBefore`, with one write. Never moves backwards. */
  revokeEveryone(notBefore: number, keepUntil: number): Promise<void>;
}
