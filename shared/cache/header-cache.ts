/**
 * Keeps the header that an origin was last sent for a client, because building one, name by name, is the dearest thing that
 * a gateway does on workerd. What it brings, measured: `docs/decisions/header-cache.md`.
 */
import type { StableHeaders } from '../http/header-snapshot.ts';
import type { HeaderLine } from '../http/headers.ts';

export interface HeaderCache {
  /**
   * What `build` made for these fields of the client's and these lines of the gateway's, all of them equal. `build` must
   * depend on nothing else. The header it made is shared from then on and never changed.
   */
  getOrBuild(stable: StableHeaders, lines: readonly HeaderLine[], build: () => Headers): Headers;
}

export function createHeaderCache(): HeaderCache {
  const known = new WeakMap<StableHeaders, { readonly lines: readonly HeaderLine[]; readonly headers: Headers }>();

  return {
    getOrBuild(stable, lines, build) {
      const before = known.get(stable);
      if (before !== undefined && areEqual(before.lines, lines)) return before.headers;
      const headers = build();
      known.set(stable, { lines, headers });
      return headers;
    },
  };
}

function areEqual(some: readonly HeaderLine[], others: readonly HeaderLine[]): boolean {
  if (some.length !== others.length) return false;
  for (let i = 0; i < some.length; i++) {
    const line = some[i] as HeaderLine;
    const other = others[i] as HeaderLine;
    if (line[0] !== other[0] || line[1] !== other[1]) return false;
  }
  return true;
}
