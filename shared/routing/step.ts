/** Where to? Chooses the origins to try, tells the next step what to announce to them, and pins the client to the one that served. */
import type { Pool, Route, Settings } from '../config/settings.ts';
import { Failure } from '../errors.ts';
import { isPreflight } from '../http/navigation.ts';
import type { Asked, Step } from '../pipeline.ts';
import type { Recognition } from '../session/session.ts';
import { andThen, type Soon } from '../soon.ts';
import type { Arm } from './arms.ts';
import { assignmentOf } from './assignment.ts';
import type { Berth } from './berth.ts';
import { type Candidate, choose, type Question } from './choose.ts';
import { clientKeyFor } from './client-key.ts';
import type { ControlDocument } from './control.ts';
import type { ControlSnapshot, ControlView } from './control-view.ts';
import type { Health } from './health.ts';
import { hash } from './mix.ts';
import { originStatusAt } from './origin-status.ts';
import type { Pin, PinReading } from './pin.ts';
import { pinAfter, pinFor } from './pin-renewal.ts';
import { createSettled } from './settled.ts';

export interface RoutingParts {
  readonly settings: Settings;
  readonly health: Health;
  readonly control: ControlView;
}

export function routingStep({ settings, health, control }: RoutingParts): Step {
  const armsOf = createArmsOf(settings);
  const settled = createSettled();

  return {
    there(c): Soon<undefined> {
      const { arrival, client, route, session, affinity } = c.env;
      const family = session.current().kind === 'rejected' ? null : session.provenFamily();
      return andThen(control.current(client.now, arrival), (snapshot) => {
        const arms = armsOf(route, snapshot.pools);
        return andThen(affinity.reading(arms[0].pool), (reading) => {
          if (revisionOf(reading) <= snapshot.document.revision)
            return andThen(family, (proven) => place(c, arms, snapshot, reading, proven));
          return andThen(control.atLeast(revisionOf(reading), client.now, arrival), (later) =>
            andThen(family, (proven) => place(c, armsOf(route, later.pools), later, reading, proven)),
          );
        });
      });
    },
    back: (c) => c.env.berth?.leave(),
  };

  function place(
    c: Asked,
    arms: Arms,
    { document, pools }: ControlSnapshot,
    reading: PinReading,
    family: string | null,
  ): undefined {
    const { client, route, session, affinity, trail } = c.env;
    const { now } = client;
    const owner = arms[0].pool;
    const recognition = session.current();
    const residency = residencyOf(recognition, settings.residencyClaim);

    const question: Question = {
      arms,
      clientKey: clientKeyFor(owner.affinity.by, { family, address: client.address }, c.env.fields),
      place: client.place,
      pin: reading,
      allowed: { route: route.regions, residency },
      originStatus: originStatusAt(health, document, now),
      now,
    };
    const isQuiet = health.isQuiet() && isEmpty(document);
    const placement = settled.answer(question, isQuiet, choose);
    trail.because = placement.because;
    if (placement.kind === 'none')
      throw new Failure(placement.code, 'no willing origin', {
        headers: { 'retry-after': String(retryAfter(owner)) },
      });

    const previous = reading.kind === 'valid' || reading.kind === 'expired' ? reading.pin : null;
    const { revision } = settings;
    const terms = { affinity: owner.affinity, revision, controlRevision: document.revision, now };
    // It is announced, noted and kept: the same pin, most of the time of the only candidate that is tried.
    let latest: { readonly candidate: Candidate; readonly pin: Pin } | null = null;
    const pinOf = (candidate: Candidate): Pin => {
      if (latest?.candidate !== candidate) latest = { candidate, pin: pinFor(previous, candidate, terms) };
      return latest.pin;
    };
    const berth: Berth = {
      candidates: placement.candidates,
      because: placement.because,
      announce: (candidate) => ({
        origin: candidate.origin.id,
        epoch: pinOf(candidate).epoch,
        next: placement.candidates.find((other) => other !== candidate)?.origin.id ?? null,
      }),
      refusesAfterFailure:
        placement.homeAlone && owner.affinity.onFailure === 'refuse' ? { retryAfterSeconds: retryAfter(owner) } : null,
      servedBy: null,
      leave() {
        const { servedBy } = berth;
        // An edge-cached reply is everybody's: it can carry nobody's pin. And a preflight comes and goes without cookies.
        if (!servedBy || route.cache === 'edge' || isPreflight(c.env.method, c.env.fields)) return;
        const { by } = owner.affinity;
        const due = by.kind === 'off' ? null : pinAfter(placement, servedBy, reading, terms);
        if (by.kind !== 'off') affinity.keep(owner, { due, here: pinOf(servedBy) });
        const { because } = placement;
        trail.assignment = assignmentOf(by, reading, due, servedBy, { because, pools, residency });
        trail.client = hash(question.clientKey);
      },
    };
    c.env.berth = berth;
  }
}

/** Of the control document by which the client was placed before, as far as its pin can say. */
const revisionOf = (reading: PinReading): number =>
  reading.kind === 'valid' || reading.kind === 'expired' ? reading.pin.controlRevision : 0;

const isEmpty = ({ origins }: ControlDocument): boolean => {
  for (const _ in origins) return false;
  return true;
};

/** In seconds. By then an ejected origin has been given another chance. */
const retryAfter = ({ health }: Pool): number => Math.ceil(health.ejectForMs / 1_000);

type Arms = readonly [Arm, ...Arm[]];

/** The arms of every route, looked up once for each state of the pools. */
function createArmsOf({ routes, pools: fromFile }: Settings): (route: Route, pools: ReadonlyMap<string, Pool>) => Arms {
  const lookUpAll = (pools: ReadonlyMap<string, Pool>) => new Map(routes.map((route) => [route, lookUp(route, pools)]));
  let known = { pools: fromFile, arms: lookUpAll(fromFile) };

  return (route, pools) => {
    if (known.pools !== pools) known = { pools, arms: lookUpAll(pools) };
    return known.arms.get(route) as Arms;
  };
}

function lookUp(route: Route, pools: ReadonlyMap<string, Pool>): Arms {
  return route.target.arms.map(({ pool: id, share }) => {
    const pool = pools.get(id);
    if (!pool)
      throw new Error(`route ${route.number} names pool ${id}, which the configuration check must not let pass`);
    return { pool, share };
  }) as [Arm, ...Arm[]];
}

/** The regions a session may be served from, or `null`: a claim that is not a name or a list of names limits nothing. */
function residencyOf(recognition: Recognition, claim: string): readonly string[] | null {
  if (recognition.kind !== 'active') return null;
  const { claims } = recognition.session;
  const held = Object.hasOwn(claims, claim) ? claims[claim] : undefined;
  if (typeof held === 'string') return [held];
  return Array.isArray(held) ? held.filter((region) => typeof region === 'string') : null;
}
