/** Notes activity in the store. A failed touch does not end the session. */
import type { Records } from '../store/records.ts';
import type { AuthOptions } from '../strategy/authentication.ts';
import type { Refusals, Rejected } from '../strategy/refusals.ts';
import type { AskAuthority, CookieContent } from './authority.ts';
import type { Credential } from './cookie/credentials.ts';

/** After a failed touch, touches pause for this long. */
const touchPauseMs = 5_000;

export type Touch = (
  credential: Credential,
  cookie: CookieContent,
  options: AuthOptions,
) => Promise<Rejected | { readonly kind: 'live'; readonly cookie: CookieContent }>;

export function createTouch(store: Pick<Records, 'touch'>, ask: AskAuthority, refusals: Refusals): Touch {
  let pausedUntil = Number.NEGATIVE_INFINITY;

  return async (credential, cookie, options) => {
    const { sessionId, subjectKey } = credential;
    const { now } = options;
    const { recordVersion } = cookie.snapshot;
    const touched: CookieContent = { ...cookie, snapshot: { ...cookie.snapshot, lastSeenAt: now } };
    if (recordVersion === 0) return { kind: 'live', cookie: touched };
    if (now < pausedUntil) return { kind: 'live', cookie };
    try {
      const outcome = await store.touch({ sessionId, subjectKey, version: recordVersion }, now, now);
      if (outcome !== 'ended') return { kind: 'live', cookie: touched };
    } catch {
      pausedUntil = now + touchPauseMs;
      return { kind: 'live', cookie };
    }
    const answer = await ask(credential, options);
    return answer.kind === 'rejected' ? answer : refusals.rejected(sessionId, 'revoked', true);
  };
}
