/** Of several origins' replies to one request, the one to pass on. */
import type { Candidate } from '../routing/placement/types.ts';

export interface ReceivedReply {
  readonly status: number;
  readonly response: Response;
  readonly by: Candidate;
  /** See `retry.ts`. */
  readonly isAcceptable: boolean;
}

/**
 * An acceptable reply comes first, then that of the origin which the client is pinned to, then the earliest. The other one is
 * discarded.
 */
export function keepBetter(
  held: ReceivedReply | null,
  next: ReceivedReply,
  isPinned: (candidate: Candidate) => boolean,
): ReceivedReply {
  if (held === null) return next;
  const [kept, other] = next.isAcceptable || isPinned(next.by) ? [next, held] : [held, next];
  discard(other.response);
  return kept;
}

/** Frees the connection. Nobody reads the body, so an error in it does not matter. */
export function discard({ body }: Response): void {
  body?.cancel().catch(() => undefined);
}
