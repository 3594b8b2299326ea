/** May this client use this route? Pure: the session's state, the route's rules and the time. */
import { isGuarded } from '../config/rules/guarded.ts';
import type { ClaimRules, Route } from '../config/settings.ts';
import type { Claims, RejectionReason, SessionState } from '../session/session.ts';

export type Decision =
  | { readonly kind: 'allow' }
  | { readonly kind: 'challenge'; readonly code: 'session_required' | 'reauthentication_required' }
  | { readonly kind: 'challenge'; readonly code: 'session_rejected'; readonly reason: RejectionReason }
  | { readonly kind: 'forbid' }
  | { readonly kind: 'unavailable' };

/** The route of a request. If its path can be read as several routes, it combines the rules of all of them. */
export interface MatchedRoute extends Route {
  /** The claims of the other routes. */
  readonly alsoClaims?: readonly ClaimRules[];
}

export function decide(route: MatchedRoute, recognition: SessionState, now: number): Decision {
  if (recognition.kind === 'unavailable') return { kind: 'unavailable' };
  if (!isGuarded(route)) return { kind: 'allow' };
  if (recognition.kind === 'rejected') {
    return { kind: 'challenge', code: 'session_rejected', reason: recognition.reason };
  }
  if (recognition.kind === 'none' || recognition.session.subject === null) {
    return { kind: 'challenge', code: 'session_required' };
  }
  const { claims, authenticatedAt } = recognition.session;
  const isAllowed = (rules: ClaimRules): boolean => satisfies(claims, rules);
  if (!isAllowed(route.claims) || route.alsoClaims?.every(isAllowed) === false) return { kind: 'forbid' };
  if (route.maxAuthAgeMs !== null && now - authenticatedAt > route.maxAuthAgeMs) {
    return { kind: 'challenge', code: 'reauthentication_required' };
  }
  return { kind: 'allow' };
}

/** Every named claim must have one of its accepted values. If the claim is a list, one of its elements must be accepted. */
export function satisfies(claims: Claims, rules: ClaimRules): boolean {
  return Object.entries(rules).every(([name, accepted]) => {
    const held = Object.hasOwn(claims, name) ? claims[name] : undefined;
    const values: readonly unknown[] = Array.isArray(held) ? held : [held];
    return values.some((value) => (accepted as readonly unknown[]).includes(value));
  });
}

/** The session's state for the access line and `Session-Explained`. */
export function stateOf(
  recognition: SessionState,
): 'none' | 'active' | 'anonymous' | 'expired' | 'revoked' | 'rejected' {
  if (recognition.kind === 'active') return recognition.session.subject === null ? 'anonymous' : 'active';
  if (recognition.kind !== 'rejected') return 'none';
  if (recognition.reason === 'revoked') return 'revoked';
  return recognition.reason === 'invalid' ? 'rejected' : 'expired';
}
