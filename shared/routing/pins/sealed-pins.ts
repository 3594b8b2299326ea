/**
 * Pins as they travel: sealed, so that clients can neither read nor forge them, and bound. A pin of ours is bound to the
 * client's session where there is one: planted in another browser, or stolen, it is void. A pin behind an application's
 * value is bound to that value.
 *
 * The plain text is a JSON array that begins with the number of its form; no field is optional. Older forms are still
 * read, so that an update of the gateway moves no client; they disappear as pins are written again. A pin behind an
 * application's value is padded to one length, by which it is recognised when no key opens it (`wrapping.ts`). Behind a
 * cookie it also says how the application set that cookie, so that the cookie can be set again after a move.
 */
import { createLru } from '../../cache/lru.ts';
import type { Sealer } from '../../crypto/seal.ts';
import type { StoredAttributes } from '../../http/cookies/set-cookie-line.ts';
import { isCount } from '../../http/json.ts';
import { hasEnded, type Pin, type PinReading } from './pin.ts';
import { pinLength } from './transports/wrapping.ts';

/** `boundTo`: the id of the session, or an application's value (`request-pins.ts`). The pin opens with no other text. */
export interface Pins {
  /** @throws when the pin is too long to be read back: the configuration check does not allow such names. */
  seal(pin: Pin, boundTo: string | null): Promise<string>;
  /**
   * For a pin behind an application's value: always `pinLength` characters. `setAs` is left out where it does not fit:
   * with usual names and paths there is room for about 200 characters of attributes.
   */
  sealBehind(pin: Pin, boundTo: string, setAs: StoredAttributes | null): Promise<string>;
  /** At once for a pin that was opened before. */
  open(text: string, boundTo: string | null, now: number): PinReading | Promise<PinReading>;
}

const form = 2;
/** Before pins had a control revision. */
const olderForm = 1;
/** Padded, with two more fields: the attributes of the application's cookie, and when that cookie ends. */
const formBehindValue = 3;
/** What is sealed into `pinLength` characters besides key name, nonce and tag. Four names of `maxNameLength` always fit. */
const bytesBehindValue = (pinLength / 4) * 3 - 32;

/** Three names, a revision and five numbers need about 320 characters. Longer texts are not decrypted. */
const maxTextLength = 768;
/** Key name, nonce and tag of an empty text, in base64url. */
const minTextLength = 43;
const shape = new RegExp(`^[A-Za-z0-9_-]{${minTextLength},${maxTextLength}}$`);
const maxNameLength = 64;
/** Opened pins that an isolate remembers. Opening one costs 20 µs. */
const maxEntries = 1_000;

export function createPins(sealer: Sealer): Pins {
  const opened = createLru<OpenedPin>({ maxEntries });

  return {
    async seal(pin, boundTo) {
      const text = await sealer.seal(write(pin), bindingOf(boundTo));
      if (text.length > maxTextLength) throw new Error(`a pin of ${text.length} characters would not be read back`);
      return text;
    },

    async sealBehind(pin, boundTo, setAs) {
      const whole = writeBehindValue(pin, setAs);
      const text = whole.length > bytesBehindValue ? writeBehindValue(pin, null) : whole;
      if (text.length > bytesBehindValue) throw new Error(`a pin of ${text.length} bytes does not fit behind a value`);
      return sealer.seal(text.padEnd(bytesBehindValue), bindingOf(boundTo));
    },

    open(text, boundTo, now) {
      const known = opened.get(text);
      if (known && known.boundTo === boundTo) return readingOf(known.reading, now);
      return shape.test(text) ? unseal(text, boundTo, now) : { kind: 'forged' };
    },
  };

  async function unseal(text: string, boundTo: string | null, now: number): Promise<PinReading> {
    const unsealed = await sealer.open(text, bindingOf(boundTo));
    const content = unsealed && read(unsealed.text);
    if (!content) return { kind: 'forged' };
    const reading = { kind: 'valid', pin: content.pin, stale: unsealed.stale, setAs: content.setAs } as const;
    opened.set(text, { boundTo, reading });
    return readingOf(reading, now);
  }
}

/** A pin opens with one binding only, so its text is a sufficient key. */
interface OpenedPin {
  readonly boundTo: string | null;
  readonly reading: Extract<PinReading, { kind: 'valid' }>;
}

const readingOf = (reading: OpenedPin['reading'], now: number): PinReading =>
  hasEnded(reading.pin, now) ? { kind: 'expired', pin: reading.pin, setAs: reading.setAs } : reading;

const bindingOf = (boundTo: string | null): string => `pin|${boundTo ?? ''}`;

const write = (pin: Pin): string => JSON.stringify([form, ...fieldsOf(pin)]);

/** All ASCII, so a character is a byte: the configuration check ensures it for names, `readAttributes` for attributes. */
const writeBehindValue = (pin: Pin, setAs: StoredAttributes | null): string =>
  JSON.stringify([formBehindValue, ...fieldsOf(pin), setAs?.attributes ?? null, setAs?.endsAt ?? null]);

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
  if (!Array.isArray(fields) || fields.length !== fieldCounts.get(fields[0])) return null;
  const [, pool, branch, origin, epoch, issuedAt, idleEndsAt, absoluteEndsAt, revision, controlRevision = 0] =
    fields as unknown[];
  if (!isName(pool) || !isName(origin) || !isName(revision) || (branch !== null && !isName(branch))) return null;
  if (!isCount(epoch) || epoch < 1 || !isCount(issuedAt) || !isCount(absoluteEndsAt)) return null;
  if ((idleEndsAt !== null && !isCount(idleEndsAt)) || !isCount(controlRevision)) return null;
  const [attributes, endsAt] = fields.slice(10) as unknown[];
  const setAs =
    typeof attributes === 'string' && (endsAt === null || isCount(endsAt)) ? { attributes, endsAt } : undefined;
  return {
    pin: { pool, branch, origin, epoch, issuedAt, idleEndsAt, absoluteEndsAt, revision, controlRevision },
    setAs,
  };
}

/** How many fields each form has. */
const fieldCounts: ReadonlyMap<unknown, number> = new Map([
  [olderForm, 9],
  [form, 10],
  [formBehindValue, 12],
]);

const isName = (field: unknown): field is string =>
  typeof field === 'string' && field.length > 0 && field.length <= maxNameLength;
