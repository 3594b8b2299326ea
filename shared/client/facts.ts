import type { PublicOrigin } from '../config/settings.ts';
import type { GeoPoint } from '../platform.ts';

/** What is proved about the client of a request. Made once per request by `client/step.ts`. */
export interface ClientFacts {
  /** The time of this request, for all of its decisions. Milliseconds since the epoch. */
  readonly now: number;
  /** Made by the gateway, unless a trusted proxy sent one. */
  readonly requestId: string;
  /** Unique to this request (RFC 9562, version 4). Also its id, unless a trusted proxy sent one. */
  readonly uuid: string;
  /** The client's address, without trusted proxies. `null`: unknown. */
  readonly address: string | null;
  /** The trusted proxies between the client and the gateway, the one next to the client first. */
  readonly forwardedFor: readonly string[];
  readonly place: GeoPoint | null;
  /** The public origin that the request was sent to. */
  readonly publicOrigin: PublicOrigin;
  readonly userAgent: string;
}
