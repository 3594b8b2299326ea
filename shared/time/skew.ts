/** How much the clocks of gateways, isolates and origins may differ. */
export const skewMs = 60_000;

/**
 * How far ahead the stamp of a new session may be: an end of everyone reaches `skewMs` ahead of a clock that may itself be
 * that far ahead, and a session that begins then is stamped after it.
 */
export const mostAheadMs = 2 * skewMs + 1_000;

/** Later than any of these clocks can be. A value with such a time is not believed. */
export const isAhead = (at: number, now: number): boolean => at > now + skewMs;
