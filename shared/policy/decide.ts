/** May this client have this route? Pure: a recognition, the route's rules and the time. */
import { isGuarded } from '../config/rules/guarded.ts';
import type { ClaimRules, Route } from '../config/settings.ts';
import type { Claims, RejectionReason, SessionState } from '../session/session.ts';

export type Decision =
  | { readonly kind: 'allow' }
  | { readonly kind: 'challenge'; readonly code: 'session_required' | 'reauthentication_required' }
  | { readonly kind: 'challenge'; readonly code: 'session_rejected'; readonly reason: RejectionReason }
  | { readonly kind: 'forbid' }
  | { readonly kind: 'unavailable' };

/** A route as a request met it: what all the routes ask that its path can be read as one of. */
export interface MatchedRoute extends Route {
  /** Of the routes that did not decide. */
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

/** Every named claim has one of its values; a claim that is a list needs one of them in it. */
export function satisfies(claims: Claims, rules: ClaimRules): boolean {
  return Object.entries(rules).every(([name, accepted]) => {
    const held = Object.hasOwn(claims, name) ? claims[name] : undefined;
    const values: readonly unknown[] = Array.isArray(held) ? held : [held];
    return values.some((value) => (accepted as readonly unknown[]).includes(value));
  });
}

/** The one word that the access line and `Session-Explained` have for it. */
export function stateOf(
  recognition: SessionState,
): 'none' | 'active' | 'anonymous' | 'expired' | 'revoked' | 'rejected' {
  if (recognition.kind === 'active') return recognition.session.subject === null ? 'anonymous' : 'active';
  if (recognition.kind !== 'rejected') return 'none';
  if (recognition.reason === 'revoked') return 'revoked';
  return recognition.reason === 'invalid' ? 'rejected' : 'expired';
}
