/**
 * The PinTransport port: how a client holds its pin between two requests. Each way is a file of its own; `transports.ts`
 * says which pool uses which.
 *
 * Some transports are ours (a cookie, a header): their pins are bound to the client's session. Others add the pin to a
 * value of the application's own (its cookie, an id that it issues): those pins are bound to that value, because only the
 * application can issue another one when the client's session changes.
 */
import type { StoredAttributes } from '../../../http/cookies/set-cookie-line.ts';
import type { HeaderSnapshot } from '../../../http/header-snapshot.ts';
import type { Pin, PinReading } from '../pin.ts';
import type { SealedPin } from './wrapping.ts';

export interface PinTransport {
  /** Distinguishes the values of one transport from those of another. */
  readonly label: string;
  /** What a request brings that could be pins, still sealed, in the order to try them. */
  find(request: HeaderSnapshot): readonly SealedPin[];
  /** Writes what the client holds from now on into a reply's header. Called for every reply of an origin. */
  write(reply: Headers, exchange: PinExchange): Promise<void>;
  /** For a logout: removes a pin of ours. Absent where the pin stands behind an application's value. */
  readonly clear?: (reply: Headers) => void;
  /**
   * Only where the pin stands behind an application's value: whether this reply would bring the client another pin than
   * the received one. A transport of ours always does.
   */
  readonly reachesClient?: (reply: Headers, received: PinExchange['received'], now: number) => boolean;
}

/** A request and its reply, as far as one transport is concerned. */
export interface PinExchange {
  /** The first valid pin of those that came, else the one that can best be read. `count`: how many came. */
  readonly received: { readonly sealed: SealedPin | null; readonly reading: PinReading; readonly count: number };
  /** Takes the place of the client's own pin; `null`: its own stays. */
  readonly replacement: Pin | null;
  /** A pin to the origin that served the request: the values that this origin issues are known only there. */
  readonly toServer: Pin | null;
  /** `setAs`: how the application set the cookie that `value` comes from. */
  seal(pin: Pin, value: string | null, setAs?: StoredAttributes | null): Promise<string>;
  /** Of the request, as the client sees it. */
  readonly path: string;
  readonly now: number;
}
