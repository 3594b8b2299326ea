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
  /** The id of the session that goes on in place of this one ("sign out everywhere else"). */
  readonly successor?: string;
}

/** An end that was written before. */
export interface EarlierEnd {
  readonly at: number;
  /** Whoever ends the session again must end this one too. `null`: there is none. */
  readonly successor: string | null;
}

export interface Endings {
  /**
   * Ends one session. Written once: a second call changes nothing and answers what the first one wrote. `null`: this call
   * has ended it. Works for a session that the store never saw.
   */
  revoke(sessionId: string, revocation: Revocation): Promise<EarlierEnd | null>;

  /** Ends every session of the subject created at or before `notBefore`, with one write. Never moves backwards. */
  revokeSubject(subjectKey: string, notBefore: number, keepUntil: number): Promise<void>;

  /** Ends every session created at or before `notBefore`, with one write. Never moves backwards. */
  revokeEveryone(notBefore: number, keepUntil: number): Promise<void>;
}
