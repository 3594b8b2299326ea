import type { Pin } from '../pins/pin.ts';
import type { Because, Candidate, Question } from './choose.ts';
import { inAllowedRegion, isShed, keepsPinned } from './eligibility.ts';
import type { Hash } from './hash.ts';
import type { PreparedPool } from './prepared-pool.ts';

/** What a valid pin, or a key that stands for one, means for one request. */
export type PinVerdict =
  /** Its origin serves the client. */
  | { readonly kind: 'stay'; readonly because: Because; readonly home: Candidate }
  /** Its origin is ejected, or sheds this client: go elsewhere, if there is an elsewhere. */
  | { readonly kind: 'leave'; readonly because: 'redispatched' | 'shed'; readonly home: Candidate }
  /** It names no origin for this request. `because: null`: it never spoke of it. */
  | { readonly kind: 'place'; readonly because: Because | null; readonly pinKept: Pin | null };

/** `own`: the pool this client is served from; of a split, its side. */
export function judgePin(pin: Pin, own: PreparedPool, question: Question, client: Hash): PinVerdict {
  const { branches, allowed, originStatus, now } = question;
  const { pool } = own;
  if (pin.pool !== pool.id) {
    const other = branches.find((branch) => branch.pool.id === pin.pool);
    return place(other === undefined ? 'unknown' : other.share > 0 ? null : 'drained');
  }
  const entry = own.byId.get(pin.origin);
  if (!entry) return place('unknown');
  const { origin } = entry;
  if (!keepsPinned(origin, now)) return place('drained');
  if (!inAllowedRegion(origin, allowed)) {
    // One page that is limited to some regions must not cost the client its berth on all the others.
    const onThisRouteAlone = inAllowedRegion(origin, { route: null, residency: allowed.residency });
    return place('redispatched', onThisRouteAlone ? pin : null);
  }
  const home = { pool, origin, branch: branches.length > 1 ? pool.id : null };
  const status = originStatus(pool, origin);
  if (status.ejected) return { kind: 'leave', because: 'redispatched', home };
  if (isShed(entry.shedHash, client, status)) return { kind: 'leave', because: 'shed', home };
  const cameHome = status.returned === true && pool.affinity.onFailure === 'return';
  return { kind: 'stay', because: cameHome ? 'returned' : 'pinned', home };
}

const place = (because: Because | null, pinKept: Pin | null = null): PinVerdict => ({
  kind: 'place',
  because,
  pinKept,
});
