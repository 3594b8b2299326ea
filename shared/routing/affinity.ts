/** The pins of one request: read from their carriers, changed by where it was served and by who the client became. */

import type { Survey } from '../http/survey.ts';
import { andThen, type Soon } from '../soon.ts';
import type { Carrier, Sealed, Turn } from './carrier.ts';
import type { Pin, PinReading, Pins } from './pin.ts';

/** A pool, as far as its pins are concerned. */
interface Owner {
  readonly id: string;
}

export interface Affinity {
  /** The pin that came in this pool's carrier. */
  reading(owner: Owner): Soon<PinReading>;
  /** An origin has served: `due` is the pin to hold from now on, `here` a pin to that origin (see `carrier.ts`). */
  keep(owner: Owner, pins: { readonly due: Pin | null; readonly here: Pin }): void;
  /** The client's header with every value of the applications' own as its origin issued it; itself when there is none. */
  restored(request: Headers): Soon<Headers>;
  /**
   * Writes the reply's header. `family`: the session that the client has from now on; when that is another one than it
   * came with, every pin that came along is sealed anew, so that a login keeps its berth.
   */
  settle(reply: Headers, family: string | null): Soon<void>;
  /** The same for a logout: whatever the client holds of ours goes. */
  settleEnded(reply: Headers): Promise<void>;
}

export interface AffinityFacts {
  readonly pins: Pins;
  /** By pool id. */
  readonly carriers: ReadonlyMap<string, Carrier>;
  /** Whether any of them stands behind a value of an application. */
  readonly restores: boolean;
  readonly request: Survey;
  /** The family that the request's own session cookie proves, live or not: what its pins are bound to. */
  readonly cameWith: () => Soon<string | null>;
  readonly now: number;
}

const nothing: PinReading = { kind: 'none' };

export function createAffinity({ pins, carriers, restores, request, cameWith, now }: AffinityFacts): Affinity {
  const kept = new Map<string, { readonly due: Pin | null; readonly here: Pin }>();

  const open = ({ label }: Carrier, { text, value }: Sealed): Soon<PinReading> =>
    andThen(value === null ? cameWith() : boundToValue(label, value), (bound) => pins.open(text, bound, now));

  const opened = new Map<Carrier, Turn['came']>();
  function cameIn(carrier: Carrier): Soon<Turn['came']> {
    const known = opened.get(carrier);
    if (known) return known;
    const sealed = carrier.find(request);
    return andThen(sealed ? open(carrier, sealed) : nothing, (reading) => {
      const came = { sealed, reading };
      opened.set(carrier, came);
      return came;
    });
  }

  async function write(
    reply: Headers,
    carrier: Carrier,
    wanted: { readonly due: Pin | null; readonly here: Pin | null },
    family: string | null,
  ): Promise<void> {
    const seal = (pin: Pin, value: string | null) =>
      pins.seal(pin, value === null ? family : boundToValue(carrier.label, value));
    await carrier.write(reply, { came: await cameIn(carrier), ...wanted, seal, now });
  }

  async function restore(incoming: Headers): Promise<Headers> {
    let headers = incoming;
    for (const carrier of carriers.values()) {
      const isOurs = async (sealed: Sealed) => (await open(carrier, sealed)).kind !== 'forged';
      const header = await carrier.restore?.(headers, isOurs);
      if (!header) continue;
      if (headers === incoming) headers = new Headers(incoming);
      headers.set(...header);
    }
    return headers;
  }

  async function settleAll(reply: Headers, family: string | null, isSomebodyElse: boolean): Promise<void> {
    for (const [id, carrier] of carriers) {
      const { due = null, here = null } = kept.get(id) ?? {};
      const resealed = due === null && isSomebodyElse ? boundToSession(await cameIn(carrier)) : null;
      // What an origin issues matters only to carriers that stand behind its values.
      if (due || resealed || (here && carrier.restore)) {
        await write(reply, carrier, { due: due ?? resealed, here }, family);
      }
    }
  }

  return {
    reading({ id }) {
      const carrier = carriers.get(id);
      return carrier ? andThen(cameIn(carrier), ({ reading }) => reading) : nothing;
    },

    keep: (owner, wanted) => void kept.set(owner.id, wanted),

    restored: (incoming) => (restores ? restore(incoming) : incoming),

    settle(reply, family) {
      const isAsItWas = !restores && [...kept.values()].every(({ due }) => due === null);
      return andThen(cameWith(), (before) =>
        isAsItWas && family === before ? undefined : settleAll(reply, family, family !== before),
      );
    },
    async settleEnded(reply) {
      for (const [id, carrier] of carriers) {
        const wanted = kept.get(id);
        if (carrier.clear) carrier.clear(reply);
        else if (wanted) await write(reply, carrier, wanted, null);
      }
    },
  };
}

/** The pin of a carrier that is ours alone. */
const boundToSession = ({ sealed, reading }: Turn['came']): Pin | null =>
  sealed?.value === null && reading.kind === 'valid' ? reading.pin : null;

/** No family has a space in it. */
const boundToValue = (label: string, value: string): string => `${label} ${value}`;
