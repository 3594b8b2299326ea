/** Compares the client with that of the login, logs a change, and refuses the credential where binding is strict. */
import { judgeBinding } from '../request/binding.ts';
import type { Fingerprint } from '../request/fingerprint.ts';
import { touchIntervalMs } from '../timing.ts';
import type { AuthOptions } from './authentication.ts';
import type { StrategyParts } from './parts.ts';
import type { Refusals, Rejected } from './refusals.ts';

export interface BoundSession {
  readonly sessionId: string;
  readonly atLogin: Fingerprint;
  readonly lastSeenAt: number;
}

export function createClientBinding(
  { settings, emit }: Pick<StrategyParts, 'settings' | 'emit'>,
  refusals: Refusals,
): (session: BoundSession, options: Pick<AuthOptions, 'client' | 'now'>) => Rejected | null {
  const { binding, idleMs } = settings;
  const touchEveryMs = touchIntervalMs(idleMs);
  return ({ sessionId, atLogin, lastSeenAt }, { client, now }) => {
    const verdict = judgeBinding(atLogin, client, binding);
    if (verdict.kind === 'same') return null;
    const { what, strict } = verdict;
    // A change that is only noted is logged once per touch interval.
    if (strict || now - lastSeenAt >= touchEveryMs) emit({ event: 'session-client-changed', sessionId, what, strict });
    // The cookie is not cleared: the client of the login may use it again.
    return strict ? refusals.rejected(sessionId, 'invalid', true, 'binding') : null;
  };
}
