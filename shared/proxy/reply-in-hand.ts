/** Which of the replies that came for one request is the one to pass on. */
import type { Candidate } from '../routing/placement/types.ts';

export interface InHand {
  readonly status: number;
  readonly response: Response;
  readonly by: Candidate;
  /** See `retry.ts`. */
  readonly isBetter: boolean;
}

/** A better one; where there is none, that of the client's home; else the first that came. The other one is let go. */
export function keepOne(held: InHand | null, next: InHand, isHome: (candidate: Candidate) => boolean): InHand {
  if (held === null) return next;
  const [kept, other] = next.isBetter || isHome(next.by) ? [next, held] : [held, next];
  letGo(other.response);
  return kept;
}

/** Its body is of no use, and neither is an error in it. */
export function letGo({ body }: Response): void {
  body?.cancel().catch(() => undefined);
}
