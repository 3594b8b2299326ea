/** How much the clocks of gateways, isolates and origins may differ. */
export const skewMs = 60_000;

/** Later than any of these clocks can be. A value with such a time is not believed. */
export const isAhead = (at: number, now: number): boolean => at > now + skewMs;
