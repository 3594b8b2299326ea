/**
 * Everyone's not-before, as this isolate knows it. The control object has it; asking it at every call would put the load of
 * all sessions on one object. A Worker learns it with the control document, which it reads anyway, and passes it on.
 *
 * A value of the isolate: a request or an object must not await what another one began.
 */
export interface KnownEveryone {
  readonly notBefore: number | null;
  readonly askedAt: number;
}

/** How old it may be (`Loaded.everyoneNotBefore`). */
const freshMs = 10_000;

let known: KnownEveryone | null = null;

export const isFresh = (one: KnownEveryone | null | undefined, now: number): one is KnownEveryone =>
  one !== null && one !== undefined && Math.abs(now - one.askedAt) < freshMs;

/** The later of two: answers may arrive out of order. */
export function noteEveryone(one: KnownEveryone): KnownEveryone {
  if (known === null || known.askedAt <= one.askedAt) known = one;
  return one;
}

export const knownEveryone = (now: number): KnownEveryone | undefined => (isFresh(known, now) ? known : undefined);
