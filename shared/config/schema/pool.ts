import * as v from 'valibot';
import type { Door } from '../../platform.ts';
import { placeOfRegion } from '../regions.ts';
import { momentMs, originUrl, originUrlIssue, pathIssue } from '../urls.ts';
import { type AffinityInput, affinitySchema } from './affinity.ts';
import { commandsSchema } from './commands.ts';
import { choice, strictObject } from './object.ts';
import {
  arrayOf,
  bytes,
  checkedString,
  duration,
  fromEnvironment,
  id,
  issue,
  matchingString,
  nonEmptyArray,
  number,
  oneOf,
  originTimeout,
  regionName,
  sockets,
  wholeNumber,
} from './values.ts';

const originSettings = strictObject({
  /** A letter, then letters, digits, `-` and `_`, at most 32. Clients are pinned to it: changing it moves them. */
  id,
  /** Where it is: `https://eu.shop.internal`, with a base path if it has one. */
  url: fromEnvironment(v.pipe(checkedString(originUrlIssue), v.transform(originUrl))),
  /** A continent (`eu`), a region code of AWS, or any other name, then with `at`. @default 'default' */
  region: v.optional(regionName, 'default'),
  /** `[latitude, longitude]` in degrees, for regions whose location is not known. @default the region's location */
  at: v.optional(
    v.tuple(
      [number(-90, 90), number(-180, 180)],
      issue('is not a place', 'Write [latitude, longitude] in degrees.'),
    ) as v.GenericSchema as v.GenericSchema<readonly [latitude: number, longitude: number]>,
  ),
  /** Its share of new clients, relative to the other origins of its region; 0 takes none. @default 1 */
  weight: v.optional(number(0, 1_000_000), 1),
  /** `draining` keeps its clients and takes no new ones; `off` serves nobody. @default 'active' */
  state: v.optional(oneOf('active', 'draining', 'off'), 'active'),
  /** When a drain ends and the last clients move, in RFC 3339: `2026-12-01T04:00:00Z`. @default never */
  drainBy: v.optional(
    v.pipe(
      matchingString(
        (value) => momentMs(value) !== null,
        'is not a moment',
        "Write RFC 3339 with a zone, such as '2026-12-01T04:00:00Z'.",
      ),
      v.transform(momentMs),
    ),
  ),
  /** The tag that the application puts at the end of its session ids (`jvmRoute`); with `origin-cookie`. Not built yet. */
  route: v.optional(
    matchingString(
      (value) => /^[A-Za-z0-9_-]{1,64}$/.test(value),
      "is not a tag that can end an application's id",
      "Use 1 to 64 letters, digits, '-' and '_', such as 'node1'.",
    ),
  ),
});
export const originSchema = v.pipe(
  originSettings,
  v.transform(({ at, route: _, ...origin }) => ({
    ...origin,
    /** Where it is; `null` when that is not known, and then distance does not count. */
    place: at ? { latitude: at[0], longitude: at[1] } : placeOfRegion(origin.region),
  })),
);

const hostName = oneOf('origin', 'client');
const hostPerDoor = strictObject({
  /** On Cloudflare Workers, where `client` is not possible. @default 'origin' */
  worker: v.optional(hostName, 'origin'),
  /** On AWS Lambda. @default 'origin' */
  lambda: v.optional(hostName, 'origin'),
});
const hostSchema = choice((input) => (typeof input === 'object' ? 'perDoor' : 'one'), {
  one: hostName,
  perDoor: hostPerDoor,
});

/** Which Host origins get on a platform. */
export const hostAt = (host: v.InferInput<typeof hostSchema> | undefined, door: Door): 'origin' | 'client' =>
  (typeof host === 'object' ? host[door] : host) ?? hostPerDoor.entries[door].default;

const settings = strictObject({
  /** The servers of the pool. */
  origins: nonEmptyArray(originSchema, "Write a list such as [{ id: 'eu', url: env.ORIGIN_EU, region: 'eu' }]."),
  /** How new clients are placed. `nearest`: by region, then by weight. `weighted`: by weight alone. @default 'nearest' */
  steer: v.optional(oneOf('nearest', 'weighted'), 'nearest'),
  /** What ties a client to its origin. */
  affinity: v.optional(
    affinitySchema as v.GenericSchema as v.GenericSchema<AffinityInput, v.InferOutput<typeof affinitySchema>> &
      Pick<typeof affinitySchema, 'entries'>,
    {},
  ),
  /** When an origin is taken out for a while. */
  health: v.optional(
    strictObject({
      // One failure is an accident and two may be.
      /** Consecutive failures until an origin is taken out. @default 3 */
      failures: v.optional(wholeNumber(1, 100), 3),
      // Long enough to spare a restarting process, short enough to notice that it is back.
      /** For how long, the first time. @default '10s' */
      ejectFor: v.optional(duration({ maxMs: 3_600_000 }), '10s'),
      // With more than half of a pool out, the rest would fail under the load.
      /** The part of the pool that may be out at once. @default 0.5 */
      maxEjected: v.optional(number(0, 1), 0.5),
      /** How long an origin that comes back takes to reach its full weight. @default '0s' */
      slowStart: v.optional(duration({ minMs: 0, maxMs: 3_600_000 }), '0s'),
      /** Health checks, once a minute. */
      probe: v.optional(
        strictObject({
          /** The page that is asked for. @default '/healthz' */
          path: v.optional(checkedString(pathIssue), '/healthz'),
          /** How long its answer may take. @default '2s' */
          timeout: v.optional(duration({ maxMs: 30_000 }), '2s'),
          // 1 up would let a flapping origin in; 3 down is slower to condemn than to forgive.
          /** Consecutive good answers that bring an origin back. @default 2 */
          up: v.optional(wholeNumber(1, 100), 2),
          /** Consecutive bad answers that take an origin out. @default 3 */
          down: v.optional(wholeNumber(1, 100), 3),
        }),
        {},
      ),
    }),
    {},
  ),
  /** When another origin is tried. */
  retry: v.optional(
    strictObject({
      // Each try costs the client time and the origins load. Five failures in a row are an outage.
      /** How many further origins are tried after the first, all within `timeout`. @default 2 */
      attempts: v.optional(wholeNumber(0, 5), 2),
      // What proxies answer for an origin that is down.
      /** Statuses of replies that count as failures. @default [502, 503, 504] */
      statuses: v.optional(
        arrayOf(wholeNumber(500, 599), 'Write a list of statuses, such as [502, 503, 504].'),
        [502, 503, 504],
      ),
      // In memory for each request, of the 128 MB that a Worker has.
      /** How many bytes of a request's body are kept for another try. @default 65536 */
      maxBody: v.optional(bytes(4 * 1024 * 1024), 65_536),
    }),
    {},
  ),
  // A long poll of socket.io takes 25 s and a round trip, a slow report longer. HAProxy and NGINX wait as long.
  /**
   * How long a reply's headers may take after the last byte of the request's body, and how long that body may stand still.
   * A Lambda gets one second less than what is left of its own time.
   * @default '60s'
   */
  timeout: v.optional(originTimeout, '60s'),
  /** Which Host the origin gets: its own, or the client's (Lambda only). One for both platforms, or one for each. @default 'origin' */
  host: v.optional(hostSchema, 'origin'),
  /**
   * `forwarded`: the origin learns the public address from X-Forwarded-Host. `own`: it is asked by its own address. `own` is
   * not built yet.
   * @default 'forwarded'
   */
  address: v.optional(oneOf('forwarded', 'own'), 'forwarded'),
  /** Lets the pool's origins begin and change sessions by reply header. @default they may not */
  commands: v.optional(commandsSchema),
  /**
   * WebSockets. `pass` lets them in like any request; `watched` also closes them when their session ends; `off` refuses them.
   * @default 'pass'
   */
  sockets: v.optional(sockets, 'pass'),
});

export const poolSchema = v.pipe(
  settings,
  v.transform(({ address: _, ...pool }) => pool),
);
