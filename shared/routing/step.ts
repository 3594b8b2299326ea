/** Decides which origins to try for a request, and pins the client to the one that served. */
import type { AffinityBy } from '../config/settings.ts';
import { Failure } from '../errors.ts';
import { isPreflight } from '../http/navigation.ts';
import type { Ctx, Step } from '../pipeline.ts';
import type { Assignment } from './placement/assignment.ts';
import { choose } from './placement/choose.ts';
import { createRequestPlacement, type RequestPlacement, retryAfter } from './placement/placement.ts';
import type { Candidate } from './placement/types.ts';
import { createPlacementInputs, type RoutingParts } from './placement-inputs.ts';

export function routingStep(parts: RoutingParts): Step {
  const inputsOf = createPlacementInputs(parts);

  return async (c, next) => {
    const { arrival, client, fields, route, session, pins, trail } = c.env;
    const recognition = session.current();
    const proven = recognition.kind === 'rejected' ? null : session.provenSessionId();
    const sessionId = proven instanceof Promise ? await proven : proven;
    const gathered = inputsOf({ arrival, client, fields, route, recognition, sessionId, pins });
    const { question, owner, pools, residency, controlRevision } =
      gathered instanceof Promise ? await gathered : gathered;
    const placement = choose(question);
    trail.because = placement.because;
    if (placement.kind === 'none') {
      throw new Failure(placement.code, 'no eligible origin', {
        headers: { 'retry-after': String(retryAfter(owner)) },
      });
    }
    const { revision } = parts.settings;
    const terms = { affinity: owner.affinity, revision, controlRevision, now: question.now };
    const { pin: reading, clientKey } = question;
    const placed = createRequestPlacement({ placement, reading, terms, clientKey, owner, pools, residency });
    c.env.placement = placed;
    await next();
    // A reply from the edge cache goes to many clients, so it carries no pin. A preflight comes without cookies.
    if (placed.servedBy && route.cache !== 'edge' && !isPreflight(c.env.method, fields))
      pin(c, placed, placed.servedBy);
  };
}

function pin(c: Ctx, placement: RequestPlacement, servedBy: Candidate): void {
  const { pins: requestPins, trail } = c.env;
  const { owner, pins, assignment, client } = placement.onServed(servedBy, (pool) =>
    requestPins.reachesClient(pool, c.res.headers),
  );
  const isIdentified = mayBePinned(c, owner.affinity.by);
  if (pins) requestPins.record(owner, isIdentified ? pins : { ...pins, replacement: null });
  trail.assignment = isIdentified ? assignment : withoutNewPin(assignment);
  trail.client = isIdentified ? client : null;
}

/** Whether a pin may be written: the browser has withheld no better one, or this reply signs the client in. */
function mayBePinned({ env: { session, withheld, method } }: Ctx, by: AffinityBy): boolean {
  const now = session.current();
  if (session.transition()?.kind === 'begun' && now.kind === 'active' && now.session.subject !== null) return true;
  if (session.isUnsure() || withheld.isDeviceTraffic) return false;
  return by.kind !== 'cookie' || !withheld.mayHold(by.name, method);
}

/** For a client that may hold a pin which its browser has withheld: it gets no new one. */
function withoutNewPin(assignment: Assignment): Assignment {
  const { pool, origin, kind } = assignment;
  if (kind === 'new') return { kind: 'unpinned', pool, origin };
  return kind === 'moved' ? { kind: 'away', pool, origin } : assignment;
}
