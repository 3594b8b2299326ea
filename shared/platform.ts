/**
 * The Platform port: what a host must supply so that the gateway can run on it.
 *
 * `worker/platform.ts` and `lambda/platform.ts` implement it. `test/worker/bytes-on-the-wire.test.ts`,
 * `test/lambda/platform.test.ts` and the journeys check them against these comments. Everything else in `shared/` needs only
 * the types of `fetch` and Web Crypto.
 */
import type { Fields, HeaderLine } from './http/headers.ts';

export type Door = 'worker' | 'lambda';

export interface GeoPoint {
  readonly latitude: number;
  readonly longitude: number;
}

/** Bytes if the host has the whole body in memory anyway, else a stream. `null`: there is no body. */
export type RequestBody = Uint8Array | ReadableStream<Uint8Array> | null;

export interface Peer {
  /** CF-Connecting-IP or the event's source address. `null`: unknown. */
  readonly address: string | null;
  /** Workers: where the client is. Lambda: where the function runs. `null`: unknown. */
  readonly place: GeoPoint | null;
}

/** What the host knows about one request beyond the `Request` itself. None of it comes from a header that a client can set. */
export interface Arrival {
  /** The other end of the connection, as proved by the platform. `header`: the request's; some platforms report it there. */
  peer(header: Fields): Peer;
  /** The scheme of the request, as the platform reports it. */
  readonly scheme: 'http' | 'https';
  /** The platform's own host name for this deployment (a Lambda event's `requestContext.domainName`). */
  readonly platformHost: string | null;
  /**
   * The body to forward. It is not in the `Request`, because the Fetch standard refuses a GET with a body and HTTP allows it
   * (RFC 9110, section 9.3.1).
   */
  readonly body: RequestBody;
  /** As normalised by the URL standard. */
  readonly path: string;
  /** The query as sent, with its `?`, unchanged by any URL parser. `''`: there is none. */
  readonly rawQuery: string;
  /** Aborted when the client disconnects. `null`: the host does not report it. */
  readonly signal: AbortSignal | null;
  /**
   * Work that the reply need not wait for: `waitUntil` on Workers, finished before the reply on Lambda. `maxHeldMs`: how
   * long a finished reply waits for it. After that, the work goes on with the next request, or never.
   */
  defer(work: Promise<unknown>, maxHeldMs?: number): void;
  /** The rest of the time that the host allows for this request and its reply. Absent or `null`: no limit. */
  remainingMs?(): number | null;
}

/**
 * The progress of a request's body.
 * - `client`: waiting for the client to send more bytes.
 * - `origin`: waiting for the origin to accept bytes.
 * - `taken`: the runtime has accepted the last byte.
 * - `broken`: the client broke off in the middle.
 */
export type BodyStage = 'client' | 'origin' | 'taken' | 'broken';

/** One attempt at one origin. The header is `headers` and `perRequest` together; the host adds only what framing needs. */
export interface OriginRequest {
  readonly url: string;
  readonly method: string;
  /** Must not be changed: other requests may use the same object. */
  readonly headers: Headers;
  /** The fields of this request alone. `headers` has none of these names. */
  readonly perRequest: readonly HeaderLine[];
  readonly body: RequestBody;
  /** The Content-Length of a body that is a stream. `null`: unknown, so the body is sent in chunks. */
  readonly bodyLength: number | null;
  /** Called with every stage of the body. A body of bytes may be `taken` at once. `null`: no body, or no interest in it. */
  readonly onBody: ((stage: BodyStage) => void) | null;
  /** The `Host` to send. `null`: that of `url`. Workers cannot honour it. */
  readonly host: string | null;
  /** True only for `session: 'off'` routes with `cache: 'edge'`. Otherwise no shared cache may store or answer the request. */
  readonly edgeCache: boolean;
  /** Ends the attempt: closes the connection and cancels the reply's stream. `null` if the host `endsWhatIsLeft`. */
  readonly signal: AbortSignal | null;
}

/**
 * The result of one attempt.
 * - `reply`: the origin answered (on Workers also Cloudflare on its behalf: 52x). The body is unread, undecoded, unbuffered.
 *   `status` is the response's own, read once: on Workers every read is a call out of JavaScript.
 * - `failed`: no reply. `sent` is `'nothing'` only if no byte can have reached the origin (connection refused, name not
 *   found, connect timeout), else `'unknown'`. `reason` is for the log.
 */
export type OriginOutcome =
  | { readonly kind: 'reply'; readonly status: number; readonly response: Response }
  | { readonly kind: 'failed'; readonly sent: 'nothing' | 'unknown'; readonly reason: string };

/** Decides whether a relayed socket may go on. */
export interface SocketGuard {
  /** Called before every message, in both directions. */
  mayPass(): boolean;
  /** Called once, when the socket is closed. */
  stop(): void;
}

export interface RelayedSocket {
  /** For the client, with the origin's header. */
  readonly response: Response;
  /** Closes both sides. No message passes afterwards. */
  close(code: number, reason: string): void;
}

export interface Platform {
  readonly door: Door;
  /**
   * Whether the host itself cancels the unfinished work of a request when the reply is done or the client is gone. Then no
   * abort signal is made, which would cost every request.
   */
  readonly endsWhatIsLeft: boolean;
  /** Milliseconds since the epoch. The only clock of the gateway. */
  now(): number;
  /** Does not throw for network errors. Redirects are not followed, bodies are not decoded. */
  send(request: OriginRequest): Promise<OriginOutcome>;
  /**
   * Relays a socket that an origin's 101 has opened. Messages pass unchanged and in order, closes with their code and reason;
   * if one side is lost, the other is closed. `null`: the host supports no upgrades.
   */
  readonly relay: ((upgraded: Response, guard: SocketGuard) => RelayedSocket) | null;
  /** One structured line. Must not throw. */
  log(line: Readonly<Record<string, unknown>>): void;
}
