/**
 * One route out of several: an origin may read a path in more ways than one, and each of them can be another route's. The
 * strictest decides where the request goes; what any of them asks is asked, and what one of them refuses is not granted.
 */
import type { ClaimRules, Route } from '../config/settings.ts';
import type { MatchedRoute } from './decide.ts';

const bySession = { required: 8, optional: 4, off: 0 } as const;

/** Larger is stricter; routes that are alike here are equals. */
export const strictnessOf = ({ session, claims, maxAuthAgeMs }: Route): number =>
  bySession[session] + (asksClaims(claims) ? 2 : 0) + (maxAuthAgeMs === null ? 0 : 1);

const asksClaims = (claims: ClaimRules): boolean => Object.keys(claims).length > 0;

/** `others` are all the matched routes but `deciding`, the strictest. */
export function together(deciding: Route, others: readonly Route[]): MatchedRoute {
  let { maxAuthAgeMs, crossSite, cache, regions, freshnessMs } = deciding;
  for (const other of others) {
    maxAuthAgeMs = least(maxAuthAgeMs, other.maxAuthAgeMs);
    crossSite = inBoth(crossSite, other.crossSite);
    // Kept by a cache it would be handed out without a look at any of them.
    if (other.cache !== 'edge') cache = 'none';
    regions = regions && other.regions ? common(regions, other.regions) : (regions ?? other.regions);
    freshnessMs = Math.min(freshnessMs, other.freshnessMs);
  }
  const alsoClaims = others.map(({ claims }) => claims).filter(asksClaims);
  return { ...deciding, maxAuthAgeMs, crossSite, cache, regions, freshnessMs, alsoClaims };
}

const least = (a: number | null, b: number | null): number | null =>
  a !== null && b !== null ? Math.min(a, b) : (a ?? b);

const common = (a: readonly string[], b: readonly string[]): readonly string[] => a.filter((each) => b.includes(each));

function inBoth(a: Route['crossSite'], b: Route['crossSite']): Route['crossSite'] {
  if (a === 'allow') return b;
  if (b === 'allow') return a;
  return typeof a === 'object' && typeof b === 'object' ? common(a, b) : 'refuse';
}
