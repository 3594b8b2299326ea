/** The pins of one request: read from their transports, replaced after the origin has served, written to the reply. */
import type { HeaderList, HeaderSnapshot } from '../../http/header-snapshot.ts';
import { chain, type MaybePromise } from '../../time/maybe-promise.ts';
import type { Pin, PinReading } from './pin.ts';
import type { Pins } from './sealed-pins.ts';
import { comesFromGateway, keepApart } from './transports/nested.ts';
import type { Restoring } from './transports/restoring.ts';
import type { PinExchange, PinTransport } from './transports/transport.ts';
import type { SealedPin } from './transports/wrapping.ts';

/** The pool whose transport has the pin. */
interface Owner {
  readonly id: string;
}

export interface RequestPins {
  /** The pin that came in this pool's transport. */
  read(owner: Owner): MaybePromise<PinReading>;
  /** Whether a new pin would reach the client with this reply. To be called after `read`. */
  reachesClient(owner: Owner, reply: Headers): boolean;
  /** An origin has served: `replacement` and `toServer` as in `PinExchange`. */
  record(owner: Owner, pins: { readonly replacement: Pin | null; readonly toServer: Pin }): void;
  /** The client's header with the applications' own values as their origins issued them; itself when there are none. */
  restoreValues(request: Headers): Headers | Promise<Headers>;
  /** To be called with the origin's reply before the gateway adds anything to it. */
  onReply(reply: HeaderList): void;
  /**
   * Writes the reply's header. `sessionId`: the session that the client has from now on. When that is another one than it
   * came with, every pin is sealed again, so that a login keeps its origin. `undefined`: nothing to write, as for most
   * replies.
   */
  writePins(reply: { readonly headers: Headers }, sessionId: string | null): Promise<void> | undefined;
  /** The same after a logout: every pin of ours goes. */
  clearPins(reply: Headers): Promise<void>;
}

export interface RequestPinsFacts {
  readonly pins: Pins;
  /** By pool id. */
  readonly transports: ReadonlyMap<string, PinTransport>;
  /** Whether a transport stands behind an application's value: then every reply must be looked at. */
  readonly wraps: boolean;
  readonly restoring: Restoring;
  readonly request: HeaderSnapshot;
  /** Of the request, as the client sees it. */
  readonly path: string;
  /** Pins are bound to the session that the request's cookie proves, live or not. */
  readonly session: { provenSessionId(): MaybePromise<string | null> };
  readonly now: number;
}

export const createRequestPins = (facts: RequestPinsFacts): RequestPins => new OneRequestPins(facts);

interface RecordedPin {
  readonly poolId: string;
  readonly replacement: Pin | null;
  readonly toServer: Pin;
}
interface ReceivedPin {
  readonly transport: PinTransport;
  readonly received: PinExchange['received'];
}

const noPin: PinReading = { kind: 'none' };

/** One instance per request. Lists instead of maps: they hold one or two entries. */
class OneRequestPins implements RequestPins {
  readonly #facts: RequestPinsFacts;
  #recorded: readonly RecordedPin[] = [];
  #received: readonly ReceivedPin[] = [];
  #isNested = false;

  constructor(facts: RequestPinsFacts) {
    this.#facts = facts;
  }

  read({ id }: Owner): MaybePromise<PinReading> {
    const transport = this.#facts.transports.get(id);
    return transport ? chain(this.#receivedIn(transport), readingOf) : noPin;
  }

  #receivedIn(transport: PinTransport): MaybePromise<PinExchange['received']> {
    for (const known of this.#received) if (known.transport === transport) return known.received;
    return chain(this.#receive(transport), (received) => {
      this.#received = [...this.#received, { transport, received }];
      return received;
    });
  }

  /** The first valid pin, else the one that can best be read. */
  #receive(transport: PinTransport): MaybePromise<PinExchange['received']> {
    const found = transport.find(this.#facts.request);
    const [only] = found;
    if (only === undefined) return { sealed: null, reading: noPin, count: 0 };
    if (found.length > 1) return this.#receiveBest(transport, found);
    return chain(this.#open(transport, only), (reading) => ({ sealed: only, reading, count: 1 }));
  }

  async #receiveBest(transport: PinTransport, found: readonly SealedPin[]): Promise<PinExchange['received']> {
    let best: PinExchange['received'] = { sealed: null, reading: noPin, count: found.length };
    for (const sealed of found) {
      const reading = await this.#open(transport, sealed);
      const isBetter = best.sealed === null || reading.kind === 'valid' || best.reading.kind === 'forged';
      if (isBetter) best = { sealed, reading, count: found.length };
      if (reading.kind === 'valid') break;
    }
    return best;
  }

  #open({ label }: Pick<PinTransport, 'label'>, { text, value }: SealedPin): MaybePromise<PinReading> {
    const { pins, session, now } = this.#facts;
    if (value !== null) return pins.open(text, boundToValue(label, value), now);
    return chain(session.provenSessionId(), (sessionId) => pins.open(text, sessionId, now));
  }

  record({ id }: Owner, pins: { readonly replacement: Pin | null; readonly toServer: Pin }): void {
    this.#recorded = [...this.#recorded.filter(({ poolId }) => poolId !== id), { poolId: id, ...pins }];
  }

  reachesClient({ id }: Owner, reply: Headers): boolean {
    const { transports, now } = this.#facts;
    const transport = transports.get(id);
    const received = this.#received.find((known) => known.transport === transport)?.received;
    return received === undefined || (transport?.reachesClient?.(reply, received, now) ?? true);
  }

  restoreValues(incoming: Headers): Headers | Promise<Headers> {
    const { restoring, request } = this.#facts;
    return restoring.restored(incoming, request, async (label, sealed) => {
      return (await this.#open({ label }, sealed)).kind !== 'forged';
    });
  }

  onReply(reply: HeaderList): void {
    this.#isNested = comesFromGateway(reply);
  }

  writePins(reply: { readonly headers: Headers }, sessionId: string | null): Promise<void> | undefined {
    const { session, wraps } = this.#facts;
    const isUnchanged = !wraps && !this.#isNested && this.#recorded.every(({ replacement }) => replacement === null);
    const before = session.provenSessionId();
    return before === sessionId && isUnchanged ? undefined : this.#writeChanged(reply, sessionId, before, isUnchanged);
  }

  async #writeChanged(
    { headers }: { readonly headers: Headers },
    sessionId: string | null,
    before: MaybePromise<string | null>,
    isUnchanged: boolean,
  ): Promise<void> {
    const { transports } = this.#facts;
    const isAnotherSession = sessionId !== (await before);
    if (isUnchanged && !isAnotherSession) return;
    this.#keepNestedPins(headers);
    for (const [poolId, transport] of transports) {
      const recorded = this.#recordedFor(poolId);
      const toServer = recorded?.toServer ?? null;
      const kept = isAnotherSession && !recorded?.replacement ? await this.#pinOfSession(transport) : null;
      const replacement = recorded?.replacement ?? kept;
      // The values that an origin issues matter only to transports that stand behind them.
      if (replacement || (toServer && transport.reachesClient)) {
        await this.#write(headers, transport, { replacement, toServer }, sessionId);
      }
    }
  }

  async clearPins(reply: Headers): Promise<void> {
    this.#keepNestedPins(reply);
    for (const [poolId, transport] of this.#facts.transports) {
      const recorded = this.#recordedFor(poolId);
      if (transport.clear) transport.clear(reply);
      else if (recorded) await this.#write(reply, transport, recorded, null);
    }
  }

  /** For the pins of a gateway behind this one: see `nested.ts`. */
  #keepNestedPins(reply: Headers): void {
    if (!this.#isNested) return;
    const { transports, now } = this.#facts;
    const wrapping = this.#recorded.map(({ poolId }) => transports.get(poolId)).find((one) => one?.reachesClient);
    keepApart(reply, wrapping?.label ?? null, now);
  }

  #recordedFor(id: string): RecordedPin | undefined {
    return this.#recorded.find(({ poolId }) => poolId === id);
  }

  /** A valid pin that is bound to the session, and must be bound to the next one. */
  async #pinOfSession(transport: PinTransport): Promise<Pin | null> {
    const { sealed, reading } = await this.#receivedIn(transport);
    return sealed?.value === null && reading.kind === 'valid' ? reading.pin : null;
  }

  async #write(
    reply: Headers,
    transport: PinTransport,
    { replacement, toServer }: { readonly replacement: Pin | null; readonly toServer: Pin | null },
    sessionId: string | null,
  ): Promise<void> {
    const { pins, path, now } = this.#facts;
    const seal: PinExchange['seal'] = (pin, value, setAs = null) =>
      value === null ? pins.seal(pin, sessionId) : pins.sealBehind(pin, boundToValue(transport.label, value), setAs);
    const received = await this.#receivedIn(transport);
    await transport.write(reply, { received, replacement, toServer, seal, path, now });
  }
}

const readingOf = ({ reading }: PinExchange['received']): PinReading => reading;

/** The id of a session contains no space. */
const boundToValue = (label: string, value: string): string => `${label} ${value}`;
