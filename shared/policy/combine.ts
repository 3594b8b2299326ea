/**
 * Combines several routes into one: origins may read a path in several ways, and each reading can match another route. The
 * strictest route decides where the request goes. The requirements of all routes apply.
 */
import type { ClaimRules, Route } from '../config/settings.ts';
import type { MatchedRoute } from './decide.ts';

const bySession = { required: 8, optional: 4, off: 0 } as const;

/** Larger is stricter. */
export const strictnessOf = ({ session, claims, maxAuthAgeMs }: Route): number =>
  bySession[session] + (asksClaims(claims) ? 2 : 0) + (maxAuthAgeMs === null ? 0 : 1);

const asksClaims = (claims: ClaimRules): boolean => Object.keys(claims).length > 0;

/** `others` are all the matched routes but `deciding`, the strictest. */
export function combineRoutes(deciding: Route, others: readonly Route[]): MatchedRoute {
  let { maxAuthAgeMs, crossSite, cache, regions, freshnessMs } = deciding;
  for (const other of others) {
    maxAuthAgeMs = least(maxAuthAgeMs, other.maxAuthAgeMs);
    crossSite = inBoth(crossSite, other.crossSite);
    // A cache would answer without checking the other routes.
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
