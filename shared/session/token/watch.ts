/**
 * Checks a token's session again while a connection that it opened is alive. The browser gets newer tokens meanwhile, so
 * this token's `exp` does not matter: revocations and the absolute end do.
 */

import type { RejectionReason, Session } from '../session.ts';
import type { RevocationCache } from '../store/revocation-cache.ts';
import { endedAtOf } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import { reasonOf } from '../store/unavailable.ts';
import type { SessionWatch, WatchResult } from '../strategy/authentication.ts';

export function watchToken(
  session: Session,
  subjectKey: string | null,
  { store, recent }: { readonly store: Store | null; readonly recent: RevocationCache },
): SessionWatch {
  const { sessionId, createdAt, endsAt } = session;
  const live: WatchResult = { kind: 'live', session };

  const isOverHere = (): boolean => recent.endOf({ sessionId, subjectKey, createdAt }) !== null;

  async function look(now: number): Promise<WatchResult> {
    if (isOverHere()) return ended('revoked');
    if (now >= endsAt) return ended('expired');
    if (!store) return live;
    try {
      const facts = await store.load({ sessionId, subjectKey }, now);
      return endedAtOf(facts, createdAt) === null ? live : ended('revoked');
    } catch (error) {
      return { kind: 'unknown', because: reasonOf(error) };
    }
  }

  return { isOverHere, look };
}

const ended = (reason: RejectionReason): WatchResult => ({ kind: 'ended', reason });
