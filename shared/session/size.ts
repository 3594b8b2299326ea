/**
 * How long a session's value may be. The session and a pin for every pool stay within 3,500 bytes together: servers and
 * proxies begin to refuse header lines at 4 kB.
 */
import type { Pool, Settings } from '../config/settings.ts';

const maxBytes = 3_500;
/** The limit with one pool or two. */
export const maxValueLength = 3_000;
/** The lower bound, for any number of pools: an ordinary session must fit, with a subject and a few claims. */
const minValueLength = 1_200;

/** `=` after the name and `; ` after the value. */
const separators = 3;
/** A sealed pin's key tag, nonce and GCM tag; then its version, epoch, times and the control document's revision. */
const pinBytes = 32 + 72;
const base64Length = (bytes: number): number => Math.ceil((bytes * 4) / 3);
const longest = (names: Iterable<string>): number => Math.max(...[...names].map((name) => name.length));

export function maxValueLengthFor({
  session,
  pools,
  revision,
}: Pick<Settings, 'session' | 'pools' | 'revision'>): number {
  const branch = longest(pools.keys());
  const pinLength = ({ id, origins, affinity }: Pool): number => {
    const { by } = affinity;
    if (by.kind === 'off' || by.kind === 'ip' || by.kind === 'session') return 0;
    const names = id.length + branch + longest(origins.map((origin) => origin.id)) + revision.length;
    return by.name.length + separators + base64Length(pinBytes + names);
  };
  const pins = [...pools.values()].reduce((sum, pool) => sum + pinLength(pool), 0);
  const left = maxBytes - session.cookie.name.length - separators - pins;
  return Math.max(minValueLength, Math.min(maxValueLength, left));
}
