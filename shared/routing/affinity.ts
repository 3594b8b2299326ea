/** The pins of one request: read from their carriers, changed by where it was served and by who the client became. */
import type { Carrier, Sealed, Turn } from './carrier.ts';
import type { Pin, PinReading, Pins } from './pin.ts';

/** A pool, as far as its pins are concerned. */
interface Owner {
  readonly id: string;
}

export interface Affinity {
  /** The pin that came in this pool's carrier. */
  reading(owner: Owner): Promise<PinReading>;
  /** An origin has served: `due` is the pin to hold from now on, `here` a pin to that origin (see `carrier.ts`). */
  keep(owner: Owner, pins: { readonly due: Pin | null; readonly here: Pin }): void;
  /** The client's header with every value of the applications' own as its origin issued it; itself when there is none. */
  restored(request: Headers): Promise<Headers>;
  /**
   * Writes the reply's header. `family`: the session that the client has from now on; when that is another one than it
   * came with, every pin that came along is sealed anew, so that a login keeps its berth.
   */
  settle(reply: Headers, family: string | null): Promise<void>;
  /** The same for a logout: whatever the client holds of ours goes. */
  settleEnded(reply: Headers): Promise<void>;
}

export interface AffinityFacts {
  readonly pins: Pins;
  /** By pool id. */
  readonly carriers: ReadonlyMap<string, Carrier>;
  readonly request: Headers;
  /** The family that the request's own session cookie proves, live or not: what its pins are bound to. */
  readonly cameWith: () => Promise<string | null>;
  readonly now: number;
}

const nothing: PinReading = { kind: 'none' };

export function createAffinity({ pins, carriers, request, cameWith, now }: AffinityFacts): Affinity {
  const kept = new Map<string, { readonly due: Pin | null; readonly here: Pin }>();

  const open = async ({ label }: Carrier, { text, value }: Sealed): Promise<PinReading> =>
    pins.open(text, value === null ? await cameWith() : boundToValue(label, value), now);

  const opened = new Map<Carrier, Turn['came']>();
  async function cameIn(carrier: Carrier): Promise<Turn['came']> {
    const known = opened.get(carrier);
    if (known) return known;
    const sealed = carrier.find(request);
    const came = { sealed, reading: sealed ? await open(carrier, sealed) : nothing };
    opened.set(carrier, came);
    return came;
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

  return {
    async reading({ id }) {
      const carrier = carriers.get(id);
      return carrier ? (await cameIn(carrier)).reading : nothing;
    },

    keep: (owner, wanted) => void kept.set(owner.id, wanted),

    async restored(incoming) {
      let headers = incoming;
      for (const carrier of carriers.values()) {
        const isOurs = async (sealed: Sealed) => (await open(carrier, sealed)).kind !== 'forged';
        const header = await carrier.restore?.(headers, isOurs);
        if (!header) continue;
        if (headers === incoming) headers = new Headers(incoming);
        headers.set(...header);
      }
      return headers;
    },

    async settle(reply, family) {
      const isSomebodyElse = family !== (await cameWith());
      for (const [id, carrier] of carriers) {
        const { due = null, here = null } = kept.get(id) ?? {};
        const resealed = due === null && isSomebodyElse ? boundToSession(await cameIn(carrier)) : null;
        // What an origin issues matters only to carriers that stand behind its values.
        if (due || resealed || (here && carrier.restore)) {
          await write(reply, carrier, { due: due ?? resealed, here }, family);
        }
      }
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
