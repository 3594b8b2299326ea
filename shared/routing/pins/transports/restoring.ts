/**
 * Applications' own values on their way in, as the application issued them: what a gateway of this kind has put behind
 * them is taken off, whatever pool the request is for, whether a key opens it or not, and whether this configuration still
 * says so or only one before it did. PHP, for one, neither accepts nor replaces an id with a `~` in it, so that a suffix
 * that no key opens would cost its bearer every session to come.
 *
 * `~b1.` and 512 characters behind it are ours by their form alone. Of the form before, `<value>~<pin>`, an application
 * may have values of its own: it is taken off where a key opens it, and without one only from a value that this
 * configuration names, and in a length that a pin to its origins had. All else passes byte for byte.
 */
import type { Pool } from '../../../config/settings.ts';
import { fromBase64url } from '../../../crypto/bytes.ts';
import type { HeaderSnapshot } from '../../../http/header-snapshot.ts';
import type { SealedPin } from './transport.ts';
import { cookieLabel, headerLabel, suffixAt, unwrapped } from './wrapping.ts';

export interface Restoring {
  /** What `incoming` should say; itself when nothing of ours is in it. `request`: the same header, walked. */
  restored(incoming: Headers, request: HeaderSnapshot, opens: Opens): Headers | Promise<Headers>;
}
/** Whether a key opens it: it was made for exactly this value under this label. */
export type Opens = (label: string, sealed: SealedPin) => Promise<boolean>;

/** A browser sends a cookie for each path and domain, which are few. Opening more would be work for an attacker's sake. */
const mostOpened = 8;
/** One character, `~` and the shortest pin. */
const shortestValue = 137;

/** `labels`: of the carriers that this configuration has (`wrapping.ts`). */
export function createRestoring(pools: Iterable<Pool>, labels: ReadonlySet<string>): Restoring {
  const lengths = olderLengths([...pools]);

  async function isOurs({ label, sealed }: Older, opens: Opens): Promise<boolean> {
    if (await opens(label, sealed)) return true;
    return labels.has(label) && lengths.has(sealed.text.length) && fromBase64url(sealed.text) !== null;
  }

  async function withoutDoubtful(found: readonly Found[], opens: Opens): Promise<readonly Found[]> {
    let opened = 0;
    const cut = async ({ older }: Cut) => older === null || (opened++ < mostOpened && (await isOurs(older, opens)));
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
      lookThrough(stable.names, stable.values, found);
      lookThrough(stable.volatileNames, volatileValues, found);
      if (found.length === 0) return incoming;
      if (found.every(({ cuts }) => cuts.every(({ older }) => older === null))) return changed(incoming, found);
      return withoutDoubtful(found, opens).then((ours) => changed(incoming, ours));
    },
  };
}

/** A piece of a value that is to go. */
interface Cut {
  readonly start: number;
  readonly end: number;
  /** What has to be asked first; `null`: nothing. */
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

/** Every request passes here: most have no value that is long enough and holds the mark. */
function lookThrough(names: readonly string[], values: readonly string[], found: Found[]): void {
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as string;
    if (value.length < shortestValue || !value.includes('~')) continue;
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

/** What may stand behind a cookie's value; a comma where a host has joined two Cookie lines. */
const endsValue = /"?[ \t]*(?:$|;|,[ \t]*[^\s=;,"]+[ \t]*=)/y;
/** The pair that ends here, as far as its value goes. Nothing in it can run over a comma twice. */
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
    // Some clients put quotes around a whole value that came without.
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

/** Of the numbers in a pin of the form before: how often its client had moved, and how often origins were controlled. */
const mostDigits = { epoch: 4, controlRevision: 6 };

/**
 * The lengths that pins had in their two forms before this one: `[1, pool, branch, origin, epoch, issued, idle end, absolute
 * end, revision]` and the same with a control revision, in JSON, sealed (28 bytes more and 4 for the key's name) and in
 * base64url. Behind a value there was no idle end.
 */
export function olderLengths(pools: readonly Pool[]): ReadonlySet<number> {
  const moment = 1_000_000_000_000;
  const bare = JSON.stringify([1, '', null, '', 1, moment, null, moment, '0123456789abcdef']).length;
  const branches = [0, ...pools.map(({ id }) => id.length + '""'.length - 'null'.length)];
  const lengths = new Set<number>();
  for (const { id, origins } of pools) {
    for (const origin of origins) {
      for (const branch of branches) {
        const names = bare + id.length + origin.id.length + branch;
        for (let epoch = 0; epoch < mostDigits.epoch; epoch++) {
          lengths.add(sealedLength(names + epoch));
          for (let digits = 1; digits <= mostDigits.controlRevision; digits++) {
            lengths.add(sealedLength(names + epoch + ','.length + digits));
          }
        }
      }
    }
  }
  return lengths;
}

const sealedLength = (characters: number): number => Math.ceil(((characters + 32) * 4) / 3);
