/** The pins of one request: read from their carriers, changed by where it was served and by who the client became. */

import type { HeaderList, HeaderSnapshot } from '../../http/header-snapshot.ts';
import { chain, type MaybePromise } from '../../time/maybe-promise.ts';
import type { Pin, PinReading, Pins } from './pin.ts';
import { comesFromGateway, keepApart } from './transports/nested.ts';
import type { Restoring } from './transports/restoring.ts';
import type { PinExchange, PinTransport, SealedPin } from './transports/transport.ts';

/** A pool, as far as its pins are concerned. */
interface Owner {
  readonly id: string;
}

export interface RequestPins {
  /** The pin that came in this pool's carrier. */
  read(owner: Owner): MaybePromise<PinReading>;
  /** Whether another pin than the one that came would reach the client with this reply. Asked after `reading`. */
  reachesClient(owner: Owner, reply: Headers): boolean;
  /** An origin has served: `due` is the pin to hold from now on, `here` a pin to that origin (see `carrier.ts`). */
  record(owner: Owner, pins: { readonly due: Pin | null; readonly here: Pin }): void;
  /** The client's header with every value of the applications' own as its origin issued it; itself when there is none. */
  restoreValues(request: Headers): MaybePromise<Headers>;
  /** The header of the origin's reply, before anything of ours is in it. */
  onReply(reply: HeaderList): void;
  /**
   * Writes the reply's header, which it looks for only when there is something to write. `family`: the session that the
   * client has from now on; when that is another one than it came with, every pin that came along is sealed anew, so that
   * a login keeps its berth.
   */
  writePins(reply: { readonly headers: Headers }, sessionId: string | null): MaybePromise<void>;
  /** The same for a logout: whatever the client holds of ours goes. */
  clearPins(reply: Headers): Promise<void>;
}

export interface RequestPinsFacts {
  readonly pins: Pins;
  /** By pool id. */
  readonly transports: ReadonlyMap<string, PinTransport>;
  /** Whether any of them stands behind a value of an application: then every reply is looked at. */
  readonly wraps: boolean;
  readonly restoring: Restoring;
  readonly request: HeaderSnapshot;
  /** Of the request, as the client sees it. */
  readonly path: string;
  /** The family that the request's own session cookie proves, live or not, is what its pins are bound to. */
  readonly session: { provenSessionId(): MaybePromise<string | null> };
  readonly now: number;
}

const nothing: PinReading = { kind: 'none' };

export const createRequestPins = (facts: RequestPinsFacts): RequestPins => new OfOneRequest(facts);

interface RecordedPin {
  readonly id: string;
  readonly due: Pin | null;
  readonly here: Pin;
}
interface ReceivedPin {
  readonly carrier: PinTransport;
  readonly came: PinExchange['received'];
}

/** A class, because every request makes one. Lists in place of maps: there is one carrier in them, or two. */
class OfOneRequest implements RequestPins {
  readonly #facts: RequestPinsFacts;
  #kept: readonly RecordedPin[] = [];
  #opened: readonly ReceivedPin[] = [];
  #isNested = false;

  constructor(facts: RequestPinsFacts) {
    this.#facts = facts;
  }

  read({ id }: Owner): MaybePromise<PinReading> {
    const carrier = this.#facts.transports.get(id);
    return carrier ? chain(this.#cameIn(carrier), readingIn) : nothing;
  }

  #open({ label }: Pick<PinTransport, 'label'>, { text, value }: SealedPin): MaybePromise<PinReading> {
    const { pins, session, now } = this.#facts;
    const tie = value === null ? session.provenSessionId() : boundToValue(label, value);
    return tie instanceof Promise ? tie.then((proven) => pins.open(text, proven, now)) : pins.open(text, tie, now);
  }

  #cameIn(carrier: PinTransport): MaybePromise<PinExchange['received']> {
    for (const one of this.#opened) if (one.carrier === carrier) return one.came;
    const found = carrier.find(this.#facts.request);
    const [sealed = null] = found;
    if (found.length > 1) return this.#firstValid(carrier, found);
    const reading = sealed === null ? nothing : this.#open(carrier, sealed);
    const count = found.length;
    if (reading instanceof Promise) {
      return reading.then((read) => this.#note(carrier, { sealed, reading: read, count }));
    }
    return this.#note(carrier, { sealed, reading, count });
  }

  async #firstValid(carrier: PinTransport, found: readonly SealedPin[]): Promise<PinExchange['received']> {
    let best: PinExchange['received'] = { sealed: null, reading: nothing, count: found.length };
    for (const sealed of found) {
      const reading = await this.#open(carrier, sealed);
      const isBetter = best.sealed === null || reading.kind === 'valid' || best.reading.kind === 'forged';
      if (isBetter) best = { ...best, sealed, reading };
      if (reading.kind === 'valid') break;
    }
    return this.#note(carrier, best);
  }

  #note(carrier: PinTransport, came: PinExchange['received']): PinExchange['received'] {
    this.#opened = [...this.#opened, { carrier, came }];
    return came;
  }

  record({ id }: Owner, { due, here }: { readonly due: Pin | null; readonly here: Pin }): void {
    this.#kept = [...this.#kept.filter((one) => one.id !== id), { id, due, here }];
  }

  reachesClient({ id }: Owner, reply: Headers): boolean {
    const { transports: carriers, now } = this.#facts;
    const carrier = carriers.get(id);
    const came = this.#opened.find((one) => one.carrier === carrier)?.came;
    return came === undefined || (carrier?.reachesClient?.(reply, came, now) ?? true);
  }

  restoreValues(incoming: Headers): MaybePromise<Headers> {
    const { restoring, request } = this.#facts;
    return restoring.restored(incoming, request, async (label, sealed) => {
      return (await this.#open({ label }, sealed)).kind !== 'forged';
    });
  }

  onReply(reply: HeaderList): void {
    this.#isNested = comesFromGateway(reply);
  }

  writePins(reply: { readonly headers: Headers }, sessionId: string | null): MaybePromise<void> {
    const before = this.#facts.session.provenSessionId();
    if (before instanceof Promise) return before.then((proven) => this.#settleFrom(proven, reply, sessionId));
    return this.#settleFrom(before, reply, sessionId);
  }

  #settleFrom(
    before: string | null,
    reply: { readonly headers: Headers },
    sessionId: string | null,
  ): MaybePromise<void> {
    const isAsItWas = !this.#facts.wraps && !this.#isNested && this.#kept.every(({ due }) => due === null);
    if (isAsItWas && sessionId === before) return undefined;
    return this.#settleAll(reply.headers, sessionId, sessionId !== before);
  }

  async #settleAll(reply: Headers, sessionId: string | null, isSomebodyElse: boolean): Promise<void> {
    this.#keepApart(reply);
    for (const [id, carrier] of this.#facts.transports) {
      const { due, here } = this.#keptOf(id) ?? { due: null, here: null };
      const resealed = due === null && isSomebodyElse ? boundToSession(await this.#cameIn(carrier)) : null;
      // What an origin issues matters only to carriers that stand behind its values.
      if (due || resealed || (here && carrier.reachesClient)) {
        await this.#write(reply, carrier, { due: due ?? resealed, here }, sessionId);
      }
    }
  }

  /** For what a gateway behind this one has put there: see `nested.ts`. */
  #keepApart(reply: Headers): void {
    if (!this.#isNested) return;
    const wraps = this.#kept.map(({ id }) => this.#facts.transports.get(id)).find((carrier) => carrier?.reachesClient);
    keepApart(reply, wraps?.label ?? null, this.#facts.now);
  }

  async clearPins(reply: Headers): Promise<void> {
    this.#keepApart(reply);
    for (const [id, carrier] of this.#facts.transports) {
      const wanted = this.#keptOf(id);
      if (carrier.clear) carrier.clear(reply);
      else if (wanted) await this.#write(reply, carrier, wanted, null);
    }
  }

  #keptOf(id: string): RecordedPin | undefined {
    return this.#kept.find((one) => one.id === id);
  }

  async #write(
    reply: Headers,
    carrier: PinTransport,
    { due, here }: { readonly due: Pin | null; readonly here: Pin | null },
    sessionId: string | null,
  ): Promise<void> {
    const { pins, path, now } = this.#facts;
    const seal: PinExchange['seal'] = (pin, value, setAs = null) =>
      value === null ? pins.seal(pin, sessionId) : pins.sealBehind(pin, boundToValue(carrier.label, value), setAs);
    await carrier.write(reply, {
      received: await this.#cameIn(carrier),
      replacement: due,
      pinToServer: here,
      seal,
      path,
      now,
    });
  }
}

const readingIn = ({ reading }: PinExchange['received']): PinReading => reading;

/** The pin of a carrier that is ours alone. */
const boundToSession = ({ sealed, reading }: PinExchange['received']): Pin | null =>
  sealed?.value === null && reading.kind === 'valid' ? reading.pin : null;

/** No family has a space in it. */
const boundToValue = (label: string, value: string): string => `${label} ${value}`;
