/** What an endpoint of ours is: a path under the prefix, the methods it has, and what it may use. */

import type { ServiceTokens } from '../client/service-token.ts';
import type { Settings } from '../config/settings.ts';
import type { Sealer } from '../crypto/seal.ts';
import { Failure } from '../errors.ts';
import { readText } from '../http/body.ts';
import type { EventFields } from '../log/events.ts';
import type { Counting } from '../metrics/flush.ts';
import type { Ctx } from '../pipeline.ts';
import type { ControlCache } from '../routing/control/cache.ts';
import type { Control } from '../routing/control/control.ts';
import type { Health } from '../routing/health/passive.ts';
import type { Pins } from '../routing/pins/sealed-pins.ts';
import type { OnceKeys } from '../session/store/once-keys.ts';
import type { Strategy } from '../session/strategy/strategy.ts';

export interface EndpointParts {
  readonly settings: Settings;
  readonly strategy: Strategy;
  readonly sealer: Sealer;
  readonly serviceTokens: ServiceTokens;
  /**
   * Where things that may happen once are written down: the store, or this isolate's memory where there is none. An
   * outage throws `StoreUnavailable`.
   */
  readonly onceKeys: OnceKeys;
  /** How origins are controlled at run time; `null` where there is no authority for it. */
  readonly control: {
    readonly control: Control;
    readonly view: ControlCache;
    /** One line of the log. */
    logChange(fields: EventFields<'origin-controlled'>, at: number): void;
  } | null;
  /** For explaining a request. */
  readonly routing: RoutingState;
  readonly counting: Counting;
  /** Public keys for assertions. */
  readonly jwks: { readonly keys: readonly object[] };
}

/** What a placement depends on, beside settings and sessions. */
export interface RoutingState {
  readonly pins: Pins;
  readonly health: Health;
  readonly control: ControlCache;
}

export type Handler = (
  c: Ctx,
  parts: EndpointParts,
  params: Readonly<Record<string, string>>,
) => Response | Promise<Response>;

export interface Endpoint {
  /** Below the prefix; `:name` stands for one segment. */
  readonly path: string;
  readonly methods: Readonly<Record<string, Handler>>;
  /** Requests that another site caused are refused unless this says otherwise. */
  readonly crossSite: 'refuse' | 'refuse-reads-too' | 'allow';
}

const noStore = { 'cache-control': 'no-store' };

export const jsonReply = (value: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Response =>
  new Response(`${JSON.stringify(value)}\n`, {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...noStore, ...headers },
  });

export const emptyReply = (status: number): Response => new Response(null, { status, headers: noStore });

export const redirectReply = (location: string): Response =>
  new Response(null, { status: 303, headers: { location, ...noStore } });

/** RFC 3339, UTC. */
export const timeOf = (ms: number): string => new Date(ms).toISOString();

const mostFormBytes = 16 * 1024;

/** The fields of an HTML form, or the query where there is no body. */
export async function readForm(c: Ctx): Promise<URLSearchParams> {
  const read = await readText(c.env.arrival.body, mostFormBytes);
  if (read.kind === 'too-large') throw new Failure('body_too_large', 'form over the bound');
  if (read.kind === 'not-text') throw new Failure('bad_request', 'form is not UTF-8');
  return new URLSearchParams(read.text);
}
