/** The type of an endpoint under the prefix, and what its handlers may use. */

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
   * Keys that may be used once: in the store, or without one in this isolate's memory. An outage throws
   * `StoreUnavailable`.
   */
  readonly onceKeys: OnceKeys;
  /** Control of origins at run time. `null`: no authority is bound. */
  readonly control: {
    readonly control: Control;
    readonly view: ControlCache;
    /** Logs `origin-controlled`. */
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
  /** Whether cross-site requests are refused. Without `reads-too`, only requests that can change something. */
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

const maxFormBytes = 16 * 1024;

/** The fields of an HTML form. Without a body there are none. */
export async function readForm(c: Ctx): Promise<URLSearchParams> {
  const read = await readText(c.env.arrival.body, maxFormBytes);
  if (read.kind === 'too-large') throw new Failure('body_too_large', 'form over the bound');
  if (read.kind === 'not-text') throw new Failure('bad_request', 'form is not UTF-8');
  return new URLSearchParams(read.text);
}
