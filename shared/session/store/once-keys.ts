/** Port: keys for things that may happen once, such as hand-off codes and idempotency keys. Only an outage throws. */
export interface OnceKeys {
  /**
   * Puts the value where there is none and answers `null`. Where there is one, it stays and is the answer. After
   * `keepUntil` the key is free again.
   */
  claimOnce(key: string, value: string, keepUntil: number, now: number): Promise<string | null>;

  /** The value of a key, or `null`. Claims nothing: the key may be taken a moment later. */
  readOnce(key: string, now: number): Promise<string | null>;
}
