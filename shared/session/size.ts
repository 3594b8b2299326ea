/**
 * How long a session's value may be: everything that the gateway has a client carry stays within 3,500 bytes, the session
 * and a pin for every pool. Servers and proxies on the way begin to refuse at 4 kB for one header line.
 */
import type { Pool, Settings } from '../config/settings.ts';

const mostBytes = 3_500;
/** What it is with one pool or two. */
export const maxValueLength = 3_000;
/** However many pools there are, a session of an ordinary size has to fit: a subject and a few claims. */
const leastValueLength = 1_200;

/** `name=` before it and `; ` behind it. */
const around = 3;
/** Key name, nonce and tag of a sealed pin, and its form, epoch, times and the control document's revision beside the names. */
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
    return by.name.length + around + base64Length(pinBytes + names);
  };
  const pins = [...pools.values()].reduce((sum, pool) => sum + pinLength(pool), 0);
  const left = mostBytes - session.cookie.name.length - around - pins;
  return Math.max(leastValueLength, Math.min(maxValueLength, left));
}
