/** What each step leaves for the next. Steps talk to one another through this and in no other way. */
import type { ClientFacts } from './client/facts.ts';
import type { Withheld } from './http/cookies/withheld.ts';
import type { HeaderSnapshot } from './http/header-snapshot.ts';
import type { Arrival } from './platform.ts';
import type { MatchedRoute } from './policy/decide.ts';
import type { RequestPins } from './routing/pins/request-pins.ts';
import type { Assignment } from './routing/placement/assignment.ts';
import type { Hash } from './routing/placement/hash.ts';
import type { RequestPlacement } from './routing/placement/placement.ts';
import type { RequestSession } from './session/request/request-session.ts';
import type { Carried } from './session/request/transport.ts';

/**
 * Hono's environment is one object per request here, and steps hang what they found on it. (Its own variables are copied
 * into a new object at every look.)
 */
export interface Exchange {
  Bindings: OneRequest;
}

export interface OneRequest {
  readonly arrival: Arrival;
  /** The request's. Taken here, so that Hono's wrapper is only made for a request that one of our own pages answers. */
  readonly headers: Headers;
  /** Read once: on Workers each look at the request itself is a call out of JavaScript, and gives another string. */
  readonly method: string;
  /** From the first line on; every step adds what it found. */
  readonly trail: Trail;
  /** By the platform's clock. */
  startedAt: number;
  client: ClientFacts;
  /** The request's header, walked once. */
  fields: HeaderSnapshot;
  /** How the request's credential came, and so how its successor goes back. */
  carried: Carried;
  /** Cookies of ours that the client may hold, though they did not come. */
  withheld: Withheld;
  session: RequestSession;
  pins: RequestPins;
  route: MatchedRoute;
  placement: RequestPlacement;
}

/**
 * With all its fields from the start: what grows field by field is of another hidden class after each, and V8 forgets
 * those that no object is of, at every large collection, with all the optimised code that knew them.
 */
export const newRequest = (request: Request, arrival: Arrival): OneRequest => ({
  arrival,
  headers: request.headers,
  method: oneOf(request.method),
  trail: emptyTrail(),
  startedAt: 0,
  client: later,
  fields: later,
  carried: later,
  withheld: later,
  session: later,
  pins: later,
  route: later,
  placement: later,
});

/** The very string that the source has, where it is one of these: V8 tells those apart by a look at the pointer. */
const oneOf = (method: string): string => usual[usual.indexOf(method)] ?? method;
const usual: readonly string[] = ['GET', 'POST', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'DELETE'];

/** Of a field that a step fills in. A request that ends before that step leaves it so, and the way back looks. */
const later = undefined as never;

/** What happened, for the access line, the metrics and `Session-Explained`. Holds nothing secret. */
export interface Trail {
  requestId: string;
  route: number | null;
  pool: string | null;
  origin: string | null;
  because: string | null;
  session: 'off' | 'none' | 'active' | 'anonymous' | 'expired' | 'revoked' | 'rejected' | null;
  attempts: number;
  epoch: number | null;
  /** What it meant for the client's berth; `null`: it was not sent to an origin. */
  assignment: Assignment | null;
  /** Tells clients apart where they are counted. */
  client: Hash | null;
  /** Why the request failed, when it did: the public code and the private reason. */
  failure: { readonly code: string; readonly reason: string } | null;
}

export const emptyTrail = (): Trail => ({
  requestId: crypto.randomUUID(),
  route: null,
  pool: null,
  origin: null,
  because: null,
  session: null,
  attempts: 0,
  epoch: null,
  assignment: null,
  client: null,
  failure: null,
});
