/**
 * The Carrier port: how a client holds its pin between two requests. `*-carrier.ts` lists the ways, `carriers.ts` says
 * which pool has which.
 *
 * Some carriers are ours alone (a cookie, a header): what is in them is bound to the client's session. Others are a value
 * of the application's (its cookie, an id that it issues) with the pin behind it: there the pin is bound to that value,
 * because nobody but the application can hand out another one when the client's session changes.
 */
import type { StoredAttributes } from '../../../http/cookies/set-as.ts';
import type { HeaderSnapshot } from '../../../http/header-snapshot.ts';
import type { Pin, PinReading } from '../pin.ts';

export interface PinTransport {
  /** Tells the values of one carrier from those of another. */
  readonly label: string;
  /** What a request brings that could be pins, as sealed as they are, in the order to look at them. */
  find(request: HeaderSnapshot): readonly SealedPin[];
  /** Puts into a reply's header what the client shall hold from now on. Called for every reply of an origin. */
  write(reply: Headers, turn: PinExchange): Promise<void>;
  /** For a logout: what is ours alone goes. Carriers of an application's value have nothing of the kind. */
  readonly clear?: (reply: Headers) => void;
  /**
   * The pin stands behind a value of the application's: whether this reply would bring the client another one in place of
   * that which came. Carriers that are ours alone always do.
   */
  readonly reachesClient?: (reply: Headers, came: PinExchange['received'], now: number) => boolean;
}

export interface SealedPin {
  /** The pin, sealed. */
  readonly text: string;
  /** The application's own value that it stands behind, or `null` when it is bound to the session. */
  readonly value: string | null;
}

/** One request's coming and going. */
export interface PinExchange {
  /** The first that is valid of those that came, or else what can best be read. `count`: how many came. */
  readonly received: { readonly sealed: SealedPin | null; readonly reading: PinReading; readonly count: number };
  /** The pin that the client is to hold in place of its own, or `null`: its own is good as it is. */
  readonly replacement: Pin | null;
  /** A pin to the origin that served the request: whatever it issues is known there and nowhere else. */
  readonly pinToServer: Pin | null;
  /** `setAs`: of the application's cookie that the value is of. */
  seal(pin: Pin, value: string | null, setAs?: StoredAttributes | null): Promise<string>;
  /** Of the request, as the client sees it. */
  readonly path: string;
  readonly now: number;
}
