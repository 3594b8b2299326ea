/** What a valid pin means for one request. */
import type { Pin } from '../pins/pin.ts';
import { inAllowedRegion, isShed, keepsPinned } from './eligibility.ts';
import type { Hash } from './hash.ts';
import type { PreparedPool } from './prepared-pool.ts';
import type { Because, Candidate, Question } from './types.ts';

/** Also for a client whose key takes the place of a pin. */
export type PinVerdict =
  /** The pinned origin serves the client. */
  | { readonly kind: 'stay'; readonly because: Because; readonly home: Candidate }
  /** The pinned origin is ejected or sheds this client: another origin serves it, if one is eligible. */
  | { readonly kind: 'leave'; readonly because: 'redispatched' | 'shed'; readonly home: Candidate }
  /** It names no origin that can serve this request. `because: null`: the client counts as a new one. */
  | { readonly kind: 'place'; readonly because: Because | null; readonly pinKept: Pin | null };

/** `own`: the pool that serves this client; in a split, the pool of its branch. */
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
    // A page that is limited to some regions must not move the client on all other pages.
    const onThisRouteOnly = inAllowedRegion(origin, { route: null, residency: allowed.residency });
    return place('redispatched', onThisRouteOnly ? pin : null);
  }
  const home = { pool, origin, branch: branches.length > 1 ? pool.id : null };
  const status = originStatus(pool, origin);
  if (status.ejected) return { kind: 'leave', because: 'redispatched', home };
  if (isShed(entry.shedHash, client, status)) return { kind: 'leave', because: 'shed', home };
  const isBack = status.returned === true && pool.affinity.onFailure === 'return';
  return { kind: 'stay', because: isBack ? 'returned' : 'pinned', home };
}

const place = (because: Because | null, pinKept: Pin | null = null): PinVerdict => ({
  kind: 'place',
  because,
  pinKept,
});
