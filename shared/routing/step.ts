/** Where to? Chooses the origins to try, tells the next step what to announce to them, and pins the client to the one that served. */
import type { AffinityBy, Pool, Route, Settings } from '../config/settings.ts';
import { Failure } from '../errors.ts';
import { isPreflight } from '../http/navigation.ts';
import type { Asked, Step } from '../pipeline.ts';
import type { Recognition } from '../session/session.ts';
import { chain, type MaybePromise } from '../time/maybe-promise.ts';
import type { ControlCache, ControlSnapshot } from './control/cache.ts';
import type { ControlDocument } from './control/control.ts';
import { originStatusAt } from './health/origin-status.ts';
import type { Health } from './health/passive.ts';
import { clientKeyFor } from './pins/client-key.ts';
import { type PinReading, withPoolLifetime } from './pins/pin.ts';
import type { Assignment } from './placement/assignment.ts';
import type { Branch } from './placement/branches.ts';
import { choose, type Question } from './placement/choose.ts';
import { randomDraw } from './placement/draw.ts';
import { createRequestPlacement, retryAfter } from './placement/placement.ts';
import { createSettled } from './placement/settled.ts';

export interface RoutingParts {
  readonly settings: Settings;
  readonly health: Health;
  readonly control: ControlCache;
}

export function routingStep({ settings, health, control }: RoutingParts): Step {
  const branchesOf = createBranchLookup(settings);
  const settled = createSettled();

  return {
    there(c): MaybePromise<undefined> {
      const { arrival, client, session } = c.env;
      const sessionId = session.current().kind === 'rejected' ? null : session.provenSessionId();
      const snapshot = control.current(client.now, arrival);
      // Both are known already, most of the time.
      if (!(snapshot instanceof Promise) && !(sessionId instanceof Promise)) return lookAtPin(c, snapshot, sessionId);
      return Promise.all([snapshot, sessionId]).then(([current, proven]) => lookAtPin(c, current, proven));
    },
    back(c, reply) {
      const { placement: berth, route, method, fields, pins: affinity, trail } = c.env;
      // An edge-cached reply is everybody's: it can carry nobody's pin. And a preflight comes and goes without cookies.
      if (!berth?.servedBy || route.cache === 'edge' || isPreflight(method, fields)) return;
      const { owner, pins, assignment, client } = berth.onServed(berth.servedBy, (pool) =>
        affinity.reachesClient(pool, reply.headers),
      );
      const isKnown = mayBePinned(c, owner.affinity.by);
      if (pins) affinity.record(owner, isKnown ? pins : { ...pins, due: null });
      trail.assignment = isKnown ? assignment : notCounted(assignment);
      trail.client = isKnown ? client : null;
    },
  };

  function lookAtPin(c: Asked, snapshot: ControlSnapshot, sessionId: string | null): MaybePromise<undefined> {
    const { arrival, client, route, pins: affinity } = c.env;
    const branches = branchesOf(route, snapshot.pools);
    const owner = branches[0].pool;
    return chain(affinity.read(owner), (read) => {
      const reading = withPoolLifetime(read, owner.affinity.absoluteMs, client.now);
      if (revisionOf(reading) <= snapshot.document.revision) return place(c, branches, snapshot, reading, sessionId);
      return chain(control.atLeast(revisionOf(reading), client.now, arrival), (later) =>
        place(c, branchesOf(route, later.pools), later, reading, sessionId),
      );
    });
  }

  function place(
    c: Asked,
    branches: Branches,
    { document, pools }: ControlSnapshot,
    reading: PinReading,
    sessionId: string | null,
  ): undefined {
    const { client, route, session, trail } = c.env;
    const { now } = client;
    const owner = branches[0].pool;
    const recognition = session.current();
    const residency = residencyOf(recognition, settings.residencyClaim);

    const question: Question = {
      branches: branches,
      clientKey: clientKeyFor(owner.affinity.by, { sessionId, address: client.address }, c.env.fields),
      place: client.place,
      pin: reading,
      allowed: { route: route.regions, residency },
      originStatus: originStatusAt(health, document, now),
      now,
      draw:
        owner.affinity.first === 'random' && sessionId === null && reading.kind !== 'valid' ? randomDraw() : undefined,
    };
    const isQuiet = health.isAllClear() && isEmpty(document);
    const placement = settled.answer(question, isQuiet, choose);
    trail.because = placement.because;
    if (placement.kind === 'none')
      throw new Failure(placement.code, 'no willing origin', {
        headers: { 'retry-after': String(retryAfter(owner)) },
      });

    const { affinity } = owner;
    const terms = { affinity, revision: settings.revision, controlRevision: document.revision, now };
    const { clientKey } = question;
    c.env.placement = createRequestPlacement({ placement, reading, terms, clientKey, owner, pools, residency });
  }
}

/** A pin may be written: no better one was kept in the browser, or this very reply signs somebody in. */
function mayBePinned({ env: { session, withheld, method } }: Asked, by: AffinityBy): boolean {
  const now = session.current();
  if (session.transition()?.kind === 'begun' && now.kind === 'active' && now.session.subject !== null) return true;
  if (session.isUnsure() || withheld.isDeviceTraffic) return false;
  return by.kind !== 'cookie' || !withheld.mayHold(by.name, method);
}

/** Nothing became of it for the berth of a client that may well have one. */
function notCounted(assignment: Assignment): Assignment {
  const { pool, origin, kind } = assignment;
  return kind === 'new'
    ? { kind: 'unpinned', pool, origin }
    : kind === 'moved'
      ? { kind: 'away', pool, origin }
      : assignment;
}

/** Of the control document by which the client was placed before, as far as its pin can say. */
const revisionOf = (reading: PinReading): number =>
  reading.kind === 'valid' || reading.kind === 'expired' ? reading.pin.controlRevision : 0;

const isEmpty = ({ origins }: ControlDocument): boolean => {
  for (const _ in origins) return false;
  return true;
};

type Branches = readonly [Branch, ...Branch[]];

/** The branches of every route, looked up once for each state of the pools: by the target, which a matched route has of its own. */
function createBranchLookup({
  routes,
  pools: fromFile,
}: Settings): (route: Route, pools: ReadonlyMap<string, Pool>) => Branches {
  const lookUpAll = (pools: ReadonlyMap<string, Pool>) =>
    new Map(routes.map((route) => [route.target, lookUp(route, pools)]));
  let known = { pools: fromFile, branches: lookUpAll(fromFile) };

  return (route, pools) => {
    if (known.pools !== pools) known = { pools, branches: lookUpAll(pools) };
    return known.branches.get(route.target) as Branches;
  };
}

function lookUp(route: Route, pools: ReadonlyMap<string, Pool>): Branches {
  return route.target.branches.map(({ pool: id, share }) => {
    const pool = pools.get(id);
    if (!pool)
      throw new Error(`route ${route.number} names pool ${id}, which the configuration check must not let pass`);
    return { pool, share };
  }) as [Branch, ...Branch[]];
}

/** The regions a session may be served from, or `null`: a claim that is not a name or a list of names limits nothing. */
function residencyOf(recognition: Recognition, claim: string): readonly string[] | null {
  if (recognition.kind !== 'active') return null;
  const { claims } = recognition.session;
  const held = Object.hasOwn(claims, claim) ? claims[claim] : undefined;
  if (typeof held === 'string') return [held];
  return Array.isArray(held) ? held.filter((region) => typeof region === 'string') : null;
}
