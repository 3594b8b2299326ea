/** Clocks of two doors, of isolates and of origins differ by this much at the most. */
export const skewMs = 60_000;

/** A time that no clock of ours can have shown yet: what claims to be of then is not believed. */
export const isAhead = (at: number, now: number): boolean => at > now + skewMs;
