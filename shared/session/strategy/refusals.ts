/** Refusals of credentials. The log says why; the client only learns the `RejectionReason`. */
import type { EmitEvent, RefusalCause } from '../events.ts';
import type { RejectionReason } from '../session.ts';
import type { AuthResult } from './authentication.ts';

export type Rejected = Extract<AuthResult, { kind: 'rejected' }>;

/** Why a value is no credential of this gateway. */
export interface Unreadable {
  readonly because: Extract<RefusalCause, 'shape' | 'key' | 'signature' | 'duplicate' | 'claims' | 'issuer'>;
  /** As the value says. Verified only with `issuer`. */
  readonly sessionId: string | null;
}

export interface Refusals {
  unreadable(found: Unreadable): Rejected;
  /** `replaced`: see `AuthResult`. `because`: where it says more than the reason. */
  rejected(sessionId: string, reason: RejectionReason, replaced?: boolean, because?: RefusalCause): Rejected;
}

export function createRefusals(emit: EmitEvent): Refusals {
  function refuse(
    sessionId: string | null,
    reason: RejectionReason,
    replaced: boolean,
    because: RefusalCause,
  ): Rejected {
    emit({ event: 'session-rejected', sessionId, reason, because });
    return { kind: 'rejected', reason, replaced };
  }
  return {
    unreadable({ because, sessionId }) {
      if (because === 'key' && sessionId !== null) emit({ event: 'session-key-unknown', sessionId });
      return refuse(sessionId, 'invalid', false, because);
    },
    rejected: (sessionId, reason, replaced = false, because = reason === 'invalid' ? 'claims' : reason) =>
      refuse(sessionId, reason, replaced, because),
  };
}
