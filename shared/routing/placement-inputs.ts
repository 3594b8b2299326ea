/** Gathers what the placement of a request depends on: for the routing step, and for the explain endpoint. */
import type { ClientFacts } from '../client/facts.ts';
import type { Pool, Route, Settings } from '../config/settings.ts';
import type { Fields } from '../http/headers.ts';
import type { Arrival } from '../platform.ts';
import type { SessionState } from '../session/session.ts';
import { chain, type MaybePromise } from '../time/maybe-promise.ts';
import type { ControlCache, ControlSnapshot } from './control/cache.ts';
import { originStatusAt } from './health/origin-status.ts';
import type { Health } from './health/passive.ts';
import { clientKeyFor } from './pins/client-key.ts';
import { type PinReading, withPoolLifetime } from './pins/pin.ts';
import type { RequestPins } from './pins/request-pins.ts';
import { type Branches, createBranchLookup } from './placement/branches.ts';
import { randomDraw } from './placement/draw.ts';
import { residencyOf } from './placement/residency.ts';
import type { Question } from './placement/types.ts';

export interface RoutingParts {
  readonly settings: Settings;
  readonly health: Health;
  readonly control: ControlCache;
}

export interface PlacementFacts {
  readonly arrival: Pick<Arrival, 'defer'>;
  readonly client: Pick<ClientFacts, 'now' | 'address' | 'place'>;
  readonly fields: Fields;
  readonly route: Route;
  readonly recognition: SessionState;
  /** The session whose id is the client's key; `null`: none. */
  readonly sessionId: string | null;
  readonly pins: Pick<RequestPins, 'read'>;
}

export interface PlacementInputs {
  readonly question: Question;
  /** The pool of the route's first branch: its transport has the pin. */
  readonly owner: Pool;
  /** As they are used now. */
  readonly pools: ReadonlyMap<string, Pool>;
  /** The regions that may serve this session; `null`: any. */
  readonly residency: readonly string[] | null;
  /** Of the control document. */
  readonly controlRevision: number;
}

export function createPlacementInputs({ settings, health, control }: RoutingParts) {
  const branchesOf = createBranchLookup(settings);

  return (facts: PlacementFacts): MaybePromise<PlacementInputs> =>
    chain(control.current(facts.client.now, facts.arrival), (snapshot) => {
      const branches = branchesOf(facts.route, snapshot.pools);
      return chain(facts.pins.read(branches[0].pool), (reading) => withPin(facts, snapshot, branches, reading));
    });

  function withPin(
    facts: PlacementFacts,
    snapshot: ControlSnapshot,
    branches: Branches,
    reading: PinReading,
  ): MaybePromise<PlacementInputs> {
    const { arrival, client, route } = facts;
    const pin = withPoolLifetime(reading, branches[0].pool.affinity.absoluteMs, client.now);
    const pinnedUnder = controlRevisionOf(pin);
    if (pinnedUnder <= snapshot.document.revision) return inputsFor(facts, snapshot, branches, pin);
    return chain(control.atLeast(pinnedUnder, client.now, arrival), (newer) =>
      inputsFor(facts, newer, branchesOf(route, newer.pools), pin),
    );
  }

  function inputsFor(
    { client, fields, route, recognition, sessionId }: PlacementFacts,
    { document, pools }: ControlSnapshot,
    branches: Branches,
    pin: PinReading,
  ): PlacementInputs {
    const { address, place, now } = client;
    const owner = branches[0].pool;
    const { by, first } = owner.affinity;
    const residency = residencyOf(recognition, settings.residencyClaim);
    const isDrawn = first === 'random' && sessionId === null && pin.kind !== 'valid';
    const question = {
      branches,
      clientKey: clientKeyFor(by, { sessionId, address }, fields),
      place,
      pin,
      allowed: { route: route.regions, residency },
      originStatus: originStatusAt(health, document, now),
      now,
      draw: isDrawn ? randomDraw() : undefined,
    };
    return { question, owner, pools, residency, controlRevision: document.revision };
  }
}

/** Of the control document under which the client was placed before; 0: unknown. */
const controlRevisionOf = (reading: PinReading): number =>
  reading.kind === 'valid' || reading.kind === 'expired' ? reading.pin.controlRevision : 0;
