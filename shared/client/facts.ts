import type { PublicOrigin } from '../config/settings.ts';
import type { GeoPoint } from '../platform.ts';

/** Who is asking, as far as it was proved; made once per request by `client/step.ts`. */
export interface ClientFacts {
  /** Milliseconds since the epoch: the gateway's clock for this whole request. */
  readonly now: number;
  /** Ours, freshly made, unless a trusted proxy sent one. */
  readonly requestId: string;
  /** Of this request alone (RFC 9562, version 4): its id too, unless a trusted proxy sent one. */
  readonly uuid: string;
  /** The client's address after trusted proxies are taken off, or `null` when the platform cannot tell. */
  readonly address: string | null;
  /** Trusted proxies between `address` and us, the one next to the client first. */
  readonly forwardedFor: readonly string[];
  readonly place: GeoPoint | null;
  /** Which of the public origins was asked. */
  readonly publicOrigin: PublicOrigin;
  readonly userAgent: string;
}
