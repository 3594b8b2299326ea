/** One of the two states that a plan compares, as one route sees it. */
import type { Origin, Pool, Route } from '../../shared/config/settings.ts';
import { applyControl, type ControlDocument, controlOf } from '../../shared/routing/control/control.ts';
import { transportFor } from '../../shared/routing/pins/transports/transports.ts';
import type { AllowedRegions, Branch } from '../../shared/routing/placement/types.ts';

/** A configuration (`Settings` is one), and what is said of it at run time. */
export interface State {
  readonly pools: ReadonlyMap<string, Pool>;
  readonly routes: readonly Route[];
  readonly document: ControlDocument;
}

export interface Side {
  readonly branches: readonly [Branch, ...Branch[]];
  readonly allowed: AllowedRegions;
  shedOf(pool: Pool, origin: Origin): number;
}

/** What sessions may be served by is each session's own affair, and no part of a plan. */
export function sideOf({ pools, document }: Controlled, { target, regions }: Route): Side {
  return {
    branches: target.branches.map(({ pool, share }) => ({ pool: pools.get(pool) as Pool, share })) as [
      Branch,
      ...Branch[],
    ],
    allowed: { route: regions, residency: null },
    shedOf: (pool, origin) => controlOf(document, pool.id, origin.id).shed ?? 0,
  };
}

/** A state whose pools are as they are to be used. */
export type Controlled = State & { readonly kind: 'controlled' };

export const controlled = (state: State): Controlled => ({
  ...state,
  kind: 'controlled',
  pools: applyControl(state.pools, state.document),
});

/** What tells the pins of this route from others; `null`: it has none. */
export const pinsOf = ({ branches }: Side): string | null => transportFor(branches[0].pool.affinity.by)?.label ?? null;
