/**
 * The pin: what a client carries so that the next request finds the origin that knows it. Sealed, so that it says
 * nothing to its bearer and cannot be made or edited, and bound to the session's family when there is one, so that a
 * pin planted in somebody else's browser, or stolen from it, is void there.
 *
 * Inside is a JSON array that begins with the form's number. Another form is another number; no field is optional. Forms
 * that were once written are read on, so that a new version of the gateway moves nobody; they go as pins are written anew.
 * A pin behind an application's value is padded to one length, by which it is known when no key opens it (`wrapping.ts`),
 * and behind a cookie it also says how the application set that cookie, so that a move can be told to the client.
 */

import { createLru } from '../../cache/lru.ts';
import type { Sealer } from '../../crypto/seal.ts';
import type { StoredAttributes } from '../../http/cookies/set-as.ts';
import type { MaybePromise } from '../../time/maybe-promise.ts';
import { isAhead } from '../../time/skew.ts';
import { pinLength } from './transports/wrapping.ts';

export interface Pin {
  /** The pool that `origin` is in. */
  readonly pool: string;
  /** The side that a split has chosen for this client, by its pool's id; `null` until one has. Outlives visits to other pools. */
  readonly branch: string | null;
  readonly origin: string;
  /** Counts the moves, from 1: a hint to origins that what they remember may be outdated, no fence. */
  readonly epoch: number;
  /** This and the following: milliseconds since the epoch. */
  readonly issuedAt: number;
  readonly idleEndsAt: number | null;
  readonly absoluteEndsAt: number;
  /** Of the configuration under which it was issued. Information alone: a pin outlives changes of configuration. */
  readonly revision: string;
  /**
   * Of the control document by which it was issued, or was last renewed; 0: by none. An isolate that knows an earlier one
   * asks again before it judges this pin (`control-view.ts`).
   */
  readonly controlRevision: number;
}

export type PinReading =
  | { readonly kind: 'none' }
  /**
   * `stale`: sealed under a key on its way out; seal it anew with the next reply. `setAs`: how the application set the
   * cookie that the pin stands behind, where that is known.
   */
  | {
      readonly kind: 'valid';
      readonly pin: Pin;
      readonly stale: boolean;
      readonly setAs?: StoredAttributes | undefined;
    }
  | { readonly kind: 'forged' }
  | { readonly kind: 'expired'; readonly pin: Pin; readonly setAs?: StoredAttributes | undefined };

/** `tie`: what a pin is good with and with nothing else: the session's family, or an application's value (`affinity.ts`). */
export interface Pins {
  /** @throws when the pin is too long to be read back: names in the configuration that its check must not let pass. */
  seal(pin: Pin, tie: string | null): Promise<string>;
  /**
   * For a pin behind an application's value: always `pinLength` characters. `setAs` is left out where it does not fit:
   * with names and path as people have them there is room for about 200 characters of attributes.
   */
  sealBehind(pin: Pin, tie: string, setAs: StoredAttributes | null): Promise<string>;
  open(text: string, tie: string | null, now: number): MaybePromise<PinReading>;
}

const form = 2;
/** Until pins told of the control document. */
const formBefore = 1;
/** Padded, and with two fields more: the attributes of the cookie that it stands behind, and when that ends. */
const formBehind = 3;
/** What is sealed into `pinLength` characters beside key name, nonce and tag. Any four names of `longestName` fit. */
const bytesBehind = (pinLength / 4) * 3 - 32;

/** Three names, a revision and five numbers need about 320 characters. What is longer is not worth decrypting. */
const longestText = 768;
/** Key name, nonce and tag of an empty sealed text, in base64url. */
const shortestText = 43;
const shape = new RegExp(`^[A-Za-z0-9_-]{${shortestText},${longestText}}$`);
const longestName = 64;
/** Opened pins an isolate remembers: a busy one meets the same clients again and again, and opening costs 20 µs. */
const maxRemembered = 1_000;

export function createPins(sealer: Sealer): Pins {
  const opened = createLru<OpenedPin>({ maxEntries: maxRemembered });

  return {
    async seal(pin, tie) {
      const text = await sealer.seal(write(pin), boundTo(tie));
      if (text.length > longestText) throw new Error(`a pin of ${text.length} characters would not be read back`);
      return text;
    },

    async sealBehind(pin, tie, setAs) {
      const whole = writeBehind(pin, setAs);
      const text = whole.length > bytesBehind ? writeBehind(pin, null) : whole;
      if (text.length > bytesBehind) throw new Error(`a pin of ${text.length} bytes has no room behind a value`);
      return sealer.seal(text.padEnd(bytesBehind), boundTo(tie));
    },

    open(text, tie, now) {
      const known = opened.get(text);
      if (known && known.tie === tie) return readingOf(known.reading, now);
      return shape.test(text) ? unseal(text, tie, now) : { kind: 'forged' };
    },
  };

  async function unseal(text: string, tie: string | null, now: number): Promise<PinReading> {
    const unsealed = await sealer.open(text, boundTo(tie));
    const said = unsealed && read(unsealed.text);
    if (!said) return { kind: 'forged' };
    const reading = { kind: 'valid', pin: said.pin, stale: unsealed.stale, setAs: said.setAs } as const;
    opened.set(text, { tie, reading });
    return readingOf(reading, now);
  }
}

/** A pin opens under one tie only, so that its text alone finds it. */
interface OpenedPin {
  readonly tie: string | null;
  readonly reading: Extract<PinReading, { kind: 'valid' }>;
}

const readingOf = (reading: OpenedPin['reading'], now: number): PinReading =>
  hasEnded(reading.pin, now) ? { kind: 'expired', pin: reading.pin, setAs: reading.setAs } : reading;

/**
 * Its times by those of the pool that it is read for: what was issued in the future counts for nothing, and a pin from
 * before `absolute` was made shorter ends by the new one too.
 */
export function withPoolLifetime(reading: PinReading, absoluteMs: number, now: number): PinReading {
  if (reading.kind !== 'valid') return reading;
  const { pin, setAs } = reading;
  if (isAhead(pin.issuedAt, now)) return { kind: 'forged' };
  const absoluteEndsAt = Math.min(pin.absoluteEndsAt, pin.issuedAt + absoluteMs);
  if (absoluteEndsAt === pin.absoluteEndsAt) return reading;
  const shorter = { ...pin, absoluteEndsAt };
  return hasEnded(shorter, now) ? { kind: 'expired', pin: shorter, setAs } : { ...reading, pin: shorter };
}

export const hasEnded = ({ idleEndsAt, absoluteEndsAt }: Pin, now: number): boolean =>
  now >= absoluteEndsAt || (idleEndsAt !== null && now >= idleEndsAt);

const boundTo = (tie: string | null): string => `pin|${tie ?? ''}`;

const write = (pin: Pin): string => JSON.stringify([form, ...fieldsOf(pin)]);

/** All of it is ASCII, so that its characters are bytes: names are by the configuration's check, attributes by `readAttributes`. */
const writeBehind = (pin: Pin, setAs: StoredAttributes | null): string =>
  JSON.stringify([formBehind, ...fieldsOf(pin), setAs?.attributes ?? null, setAs?.endsAt ?? null]);

const fieldsOf = (pin: Pin): readonly unknown[] => [
  pin.pool,
  pin.branch,
  pin.origin,
  pin.epoch,
  pin.issuedAt,
  pin.idleEndsAt,
  pin.absoluteEndsAt,
  pin.revision,
  pin.controlRevision,
];

function read(text: string): { readonly pin: Pin; readonly setAs: StoredAttributes | undefined } | null {
  let fields: unknown;
  try {
    fields = JSON.parse(text);
  } catch {
    return null;
  }
  if (!Array.isArray(fields) || fields.length !== lengths.get(fields[0])) return null;
  const [, pool, branch, origin, epoch, issuedAt, idleEndsAt, absoluteEndsAt, revision, controlRevision = 0] =
    fields as unknown[];
  if (!isName(pool) || !isName(origin) || !isName(revision) || (branch !== null && !isName(branch))) return null;
  if (!isCount(epoch) || epoch < 1 || !isCount(issuedAt) || !isCount(absoluteEndsAt)) return null;
  if ((idleEndsAt !== null && !isCount(idleEndsAt)) || !isCount(controlRevision)) return null;
  const [attributes, endsAt] = fields.slice(10) as unknown[];
  const setAs =
    typeof attributes === 'string' && (endsAt === null || isCount(endsAt)) ? { attributes, endsAt } : undefined;
  return {
    pin: { pool, branch: branch, origin, epoch, issuedAt, idleEndsAt, absoluteEndsAt, revision, controlRevision },
    setAs,
  };
}

/** Of each form, how many fields it has. */
const lengths: ReadonlyMap<unknown, number> = new Map([
  [formBefore, 9],
  [form, 10],
  [formBehind, 12],
]);

const isName = (field: unknown): field is string =>
  typeof field === 'string' && field.length > 0 && field.length <= longestName;

const isCount = (field: unknown): field is number => Number.isSafeInteger(field) && (field as number) >= 0;
