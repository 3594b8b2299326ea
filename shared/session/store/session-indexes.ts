/**
 * Port: each subject's list of sessions, for listing and limiting them. The list is a register and no authority: each
 * session in it still has to be looked at. The caller seals it. Only an outage throws.
 */

export interface SessionIndex {
  /** 0: there is none yet. Grows with every write. */
  readonly revision: number;
  readonly sealed: string | null;
}

export interface SessionIndexes {
  /** As the authority has it now. */
  loadSessionIndex(subjectKey: string, now: number): Promise<SessionIndex>;

  /**
   * Compare-and-set: writes on top of the revision that was read, and answers `false` when there is another one already
   * (best effort on a store without conditional writes). Collected some time after `keepUntil`.
   */
  saveSessionIndex(
    subjectKey: string,
    sealed: string,
    onRevision: number,
    keepUntil: number,
    now: number,
  ): Promise<boolean>;
}
