/**
 * Where a Redis server is: `REDIS_URL`, read strictly. A part that is not understood is an error: a parameter that is ignored
 * puts sessions into another database than its writer believes. Errors repeat nothing of the text, which has a password.
 *
 * - `redis://user:password@host:6379/3`, `rediss://` with TLS, or `?db=3` for the database
 * - `unix:///run/redis.sock?db=3`
 */

export interface RedisAddress {
  readonly socket:
    | { readonly host: string; readonly port: number; readonly tls: boolean }
    | { readonly path: string; readonly tls: false };
  readonly username: string | null;
  readonly password: string | null;
  readonly database: number;
}

export type ReadRedisAddress =
  | { readonly kind: 'address'; readonly address: RedisAddress }
  | { readonly kind: 'bad'; readonly because: string };

const unixSocket = /^unix:\/\/([^/?#]*@)?\//;
const defaultPort = 6_379;
/** Redis has 16 databases by default, and far fewer than this in any installation. */
const isDatabase = /^\d{1,4}$/;

export function readRedisAddress(text: string): ReadRedisAddress {
  // The URL standard has no credentials without a host.
  const isUnix = unixSocket.test(text);
  const url = URL.parse(isUnix ? text.replace(unixSocket, 'unix://$1localhost/') : text);
  if (url === null || !['redis:', 'rediss:', 'unix:'].includes(url.protocol)) {
    return bad('is not the address of a Redis server');
  }
  // A parser takes an `@` or `/` of a password for the end of the password.
  if ((/^[^/]*\/\/([^/?#]*)/.exec(text)?.[1] ?? '').split('@').length > 2) {
    return bad('has a password with an @ in it, which must be written as %40');
  }
  if (url.hash !== '') return bad('has a # in it, which must be written as %23');
  const credentials = [decoded(url.username), decoded(url.password)];
  if (credentials.includes(undefined)) return bad('has a % in its password, which must be written as %25');
  const [username = null, password = null] = credentials as (string | null)[];

  const databases = url.searchParams.getAll('db');
  if ([...url.searchParams.keys()].some((name) => name !== 'db')) return bad('has a parameter other than db');
  const path = url.protocol === 'unix:' ? '' : url.pathname.replace(/^\//, '');
  if (path !== '') databases.push(path);
  if (databases.length > 1) return bad('names a database twice');
  const [database = '0'] = databases;
  if (!isDatabase.test(database)) return bad('names a database that is no number');

  const common = { username, password, database: Number(database) };
  if (url.protocol === 'unix:') {
    if (!isUnix) return bad('is not the path of a socket: unix:///path');
    const file = decoded(url.pathname);
    if (file == null || !/^\/./.test(file)) return bad('is not the path of a socket: unix:///path');
    return { kind: 'address', address: { ...common, socket: { path: file, tls: false } } };
  }
  if (url.hostname === '') return bad('is not the address of a Redis server');
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = url.port === '' ? defaultPort : Number(url.port);
  return { kind: 'address', address: { ...common, socket: { host, port, tls: url.protocol === 'rediss:' } } };
}

const bad = (because: string): ReadRedisAddress => ({ kind: 'bad', because });

/** `null`: empty. `undefined`: not percent-encoded text. */
function decoded(text: string): string | null | undefined {
  if (text === '') return null;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
