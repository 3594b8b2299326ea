/** May this client have this route? Pure: a recognition, the route's rules and the time. */
import type { ClaimRules, Route } from '../config/settings.ts';
import type { Claims, Recognition, RejectionReason } from '../session/session.ts';

export type Decision =
  | { readonly kind: 'allow' }
  | { readonly kind: 'challenge'; readonly code: 'session_required' | 'reauthentication_required' }
  | { readonly kind: 'challenge'; readonly code: 'session_rejected'; readonly reason: RejectionReason }
  | { readonly kind: 'forbid' }
  | { readonly kind: 'unavailable' };

export function decide(route: Route, recognition: Recognition, now: number): Decision {
  if (recognition.kind === 'unavailable') return { kind: 'unavailable' };
  const guarded = route.session === 'required' || route.maxAuthAgeMs !== null || Object.keys(route.claims).length > 0;
  if (!guarded) return { kind: 'allow' };
  if (recognition.kind === 'rejected') {
    return { kind: 'challenge', code: 'session_rejected', reason: recognition.reason };
  }
  if (recognition.kind === 'none' || recognition.session.subject === null) {
    return { kind: 'challenge', code: 'session_required' };
  }
  const { claims, authenticatedAt } = recognition.session;
  if (!satisfies(claims, route.claims)) return { kind: 'forbid' };
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
