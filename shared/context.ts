/** The state of one request. Steps communicate through it only. */
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
import type { CredentialTransport } from './session/request/transport.ts';
import type { StoreBudget } from './session/store/budget.ts';

/** Hono's environment of a request. Steps set its fields themselves: Hono copies its own variables at every read. */
export interface Exchange {
  Bindings: OneRequest;
}

/** What is known before the first step. */
export interface ReceivedRequest {
  readonly arrival: Arrival;
  /** The request's. Taken once: on Workers every read of the request is a call out of JavaScript. */
  readonly headers: Headers;
  readonly method: string;
  /** Every step adds to it. */
  readonly trail: Trail;
  /** By the platform's clock. Set by the first step. */
  startedAt: number;
}

/** What the steps add, in their order. A step may rely on everything that the steps before it add. */
export interface OneRequest extends ReceivedRequest {
  /** By `client/step.ts`. */
  client: ClientFacts;
  /** The request's headers. */
  fields: HeaderSnapshot;
  /** By `session/step.ts`: how the credential was sent, and so how the renewed one is returned. */
  transport: CredentialTransport;
  /** The gateway's cookies that the browser may have withheld. */
  withheld: Withheld;
  session: RequestSession;
  /** Spent by the session, and by pages that ask the store themselves. */
  storeBudget: StoreBudget;
  /** By `routing/affinity-step.ts`. */
  pins: RequestPins;
  /** By `policy/step.ts`. */
  route: MatchedRoute;
  /** By `routing/step.ts`. */
  placement: RequestPlacement;
}

/** A request that any step may have ended: for code that runs for every request, also after a failure. */
export type UnfinishedRequest = ReceivedRequest & {
  [Name in Exclude<keyof OneRequest, keyof ReceivedRequest>]: OneRequest[Name] | undefined;
};

/** All fields are set from the start, so that every request has the same hidden class in V8. */
export const newRequest = (request: Request, arrival: Arrival): UnfinishedRequest => ({
  arrival,
  headers: request.headers,
  method: request.method,
  trail: emptyTrail(),
  startedAt: 0,
  client: undefined,
  fields: undefined,
  transport: undefined,
  withheld: undefined,
  session: undefined,
  storeBudget: undefined,
  pins: undefined,
  route: undefined,
  placement: undefined,
});

/** The results of the steps, for the access line, the metrics and `Session-Explained`. It has no secrets. */
export interface Trail {
  requestId: string;
  route: number | null;
  pool: string | null;
  origin: string | null;
  because: string | null;
  session: 'off' | 'none' | 'active' | 'anonymous' | 'expired' | 'revoked' | 'rejected' | null;
  /** The session could not be checked, and its cookie was trusted (`whenStoreIsDown`). */
  stale: boolean;
  attempts: number;
  epoch: number | null;
  /** What the request meant for the client's berth. `null`: it was not sent to an origin. */
  assignment: Assignment | null;
  /** For counting distinct clients. */
  client: Hash | null;
  /** The public code and the private reason of a failure. */
  failure: { readonly code: string; readonly reason: string } | null;
}

export const emptyTrail = (): Trail => ({
  requestId: crypto.randomUUID(),
  route: null,
  pool: null,
  origin: null,
  because: null,
  session: null,
  stale: false,
  attempts: 0,
  epoch: null,
  assignment: null,
  client: null,
  failure: null,
});
