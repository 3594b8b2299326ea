/**
 * Restores applications' own values on the way in: removes what a gateway of this kind has put behind them, for every
 * pool, whether or not a key opens it, and whether or not the present configuration still writes it. The reason: PHP, for
 * one, neither accepts nor replaces an id that contains `~`, so a suffix that stays would cost its client every session.
 *
 * `~b1.` and the 512 characters behind it are ours by their form alone. The older form, `<value>~<pin>`, may also occur in
 * an application's own values. It is removed if a key opens the pin. If no key does, it is removed only from values that
 * this configuration names, and only in lengths that pins to its origins had. Every other value passes byte for byte.
 */
import type { Pool } from '../../../config/settings.ts';
import { fromBase64url } from '../../../crypto/bytes.ts';
import type { HeaderSnapshot } from '../../../http/header-snapshot.ts';
import { olderLengths } from './older-form.ts';
import { cookieLabel, headerLabel, type SealedPin, suffixAt, unwrapped } from './wrapping.ts';

export interface Restoring {
  /** The restored header; `incoming` itself when it contains nothing of ours. `request`: a snapshot of it. */
  restored(incoming: Headers, request: HeaderSnapshot, opens: Opens): Headers | Promise<Headers>;
}
/** Whether a key opens it, for exactly this value and this label. */
export type Opens = (label: string, sealed: SealedPin) => Promise<boolean>;

/** A browser sends one cookie for each path and domain. Opening more would only serve an attacker. */
const maxOpened = 8;
/** One character, `~` and the shortest pin. */
const minValueLength = 137;

/** `labels`: of the transports that this configuration has. */
export function createRestoring(pools: Iterable<Pool>, labels: ReadonlySet<string>): Restoring {
  const lengths = olderLengths([...pools]);

  async function isOurs({ label, sealed }: Older, opens: Opens): Promise<boolean> {
    if (await opens(label, sealed)) return true;
    return labels.has(label) && lengths.has(sealed.text.length) && fromBase64url(sealed.text) !== null;
  }

  async function withoutUncertain(found: readonly Found[], opens: Opens): Promise<readonly Found[]> {
    let opened = 0;
    const cut = async ({ older }: Cut) => older === null || (opened++ < maxOpened && (await isOurs(older, opens)));
    return Promise.all(
      found.map(async ({ name, value, cuts }) => {
        const certain = await Promise.all(cuts.map(cut));
        return { name, value, cuts: cuts.filter((_, i) => certain[i]) };
      }),
    );
  }

  return {
    restored(incoming, { stable, volatileValues }, opens) {
      const found: Found[] = [];
      collect(stable.names, stable.values, found);
      collect(stable.volatileNames, volatileValues, found);
      if (found.length === 0) return incoming;
      if (found.every(({ cuts }) => cuts.every(({ older }) => older === null))) return changed(incoming, found);
      return withoutUncertain(found, opens).then((ours) => changed(incoming, ours));
    },
  };
}

/** A piece of a value, to be removed. */
interface Cut {
  readonly start: number;
  readonly end: number;
  /** Set if the piece has the older form, and has to be checked first. */
  readonly older: Older | null;
}
interface Older {
  readonly label: string;
  readonly sealed: SealedPin;
}
interface Found {
  readonly name: string;
  readonly value: string;
  readonly cuts: readonly Cut[];
}

/** Called for every request. Most have no value that is long enough and contains `~`. */
function collect(names: readonly string[], values: readonly string[], found: Found[]): void {
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as string;
    if (value.length < minValueLength || !value.includes('~')) continue;
    const name = names[i] as string;
    const cuts = name === 'cookie' ? cutsInCookies(value) : cutsInValue(name, value);
    if (cuts.length > 0) found.push({ name, value, cuts });
  }
}

function cutsInValue(name: string, text: string): readonly Cut[] {
  const found = unwrapped(text);
  if (!found) return [];
  const start = text.lastIndexOf('~');
  const older = found.isOlder ? { label: headerLabel(name), sealed: found } : null;
  return [{ start, end: start + 1 + found.text.length + (older ? 0 : markLength), older }];
}

/** `b1.` */
const markLength = 3;

/** What may follow a cookie's value. A comma stands where a host has joined two Cookie lines. */
const endsValue = /"?[ \t]*(?:$|;|,[ \t]*[^\s=;,"]+[ \t]*=)/y;
/** The pair that ends here. Linear: the part before the name ends at the last comma. */
const pairIn = /^(?:.*,)?[ \t]*([^\s=;,"]+)[ \t]*=[ \t]*(.+)$/;

function cutsInCookies(header: string): readonly Cut[] {
  const cuts: Cut[] = [];
  let from = 0;
  for (let at = header.indexOf('~'); at >= 0; at = header.indexOf('~', at + 1)) {
    const suffix = suffixAt(header, at);
    if (suffix === null) continue;
    const { end, text, isOlder } = suffix;
    endsValue.lastIndex = end;
    if (!endsValue.test(header)) continue;
    let start = at;
    while (start > from && header.charCodeAt(start - 1) !== semicolon) start--;
    from = end;
    const [, name, whole] = (pairIn.exec(header.slice(start, at)) ?? []) as (string | undefined)[];
    if (name === undefined || whole === undefined) continue;
    // Some clients put quotes around a value that they received without.
    const isQuoted = header[end] === '"';
    const value = isQuoted ? whole.slice(1) : whole;
    if (value === '' || (isQuoted && whole[0] !== '"')) continue;
    cuts.push({ start: at, end, older: isOlder ? { label: cookieLabel(name), sealed: { text, value } } : null });
  }
  return cuts;
}

const semicolon = 0x3b;

function changed(incoming: Headers, found: readonly Found[]): Headers {
  if (found.every(({ cuts }) => cuts.length === 0)) return incoming;
  const headers = new Headers(incoming);
  for (const { name, value, cuts } of found) {
    let kept = '';
    let from = 0;
    for (const { start, end } of cuts) {
      kept += value.slice(from, start);
      from = end;
    }
    headers.set(name, kept + value.slice(from));
  }
  return headers;
}
