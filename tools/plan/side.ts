/** One of the two states that a plan compares, as one route sees it. */
import type { Origin, Pool, Route } from '../../shared/config/settings.ts';
import { applyControl, type ControlDocument, controlOf } from '../../shared/routing/control/control.ts';
import { transportFor } from '../../shared/routing/pins/transports/transports.ts';
import { type Branches, branchesOf } from '../../shared/routing/placement/branches.ts';
import type { AllowedRegions } from '../../shared/routing/placement/types.ts';

/** A configuration (`Settings` is one), and the control document beside it. */
export interface State {
  readonly pools: ReadonlyMap<string, Pool>;
  readonly routes: readonly Route[];
  readonly document: ControlDocument;
}

export interface Side {
  readonly branches: Branches;
  readonly allowed: AllowedRegions;
  shedOf(pool: Pool, origin: Origin): number;
}

/** The regions that a session is limited to differ by session, and are not part of a plan. */
export function sideOf({ pools, document }: Controlled, route: Route): Side {
  return {
    branches: branchesOf(route, pools),
    allowed: { route: route.regions, residency: null },
    shedOf: (pool, origin) => controlOf(document, pool.id, origin.id).shed ?? 0,
  };
}

/** A state whose pools are as the control document makes them. */
export type Controlled = State & { readonly kind: 'controlled' };

export const controlled = (state: State): Controlled => ({
  ...state,
  kind: 'controlled',
  pools: applyControl(state.pools, state.document),
});

/** The label of the transport that carries this route's pins; `null`: it has no pins. */
export const pinsOf = ({ branches }: Side): string | null => transportFor(branches[0].pool.affinity.by)?.label ?? null;
