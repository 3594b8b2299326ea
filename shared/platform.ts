/**
 * The Platform port: what a host must supply so that the gateway can run on it.
 *
 * `worker/platform.ts` and `lambda/platform.ts` are the two answers, held to these comments by
 * `test/worker/bytes-on-the-wire.test.ts`, `test/lambda/platform.test.ts` and the journeys. Everything else in `shared/`
 * needs only `fetch`-shaped types and Web Crypto.
 */
import type { Fields, HeaderLine } from './http/headers.ts';

export type Door = 'worker' | 'lambda';

export interface GeoPoint {
  readonly latitude: number;
  readonly longitude: number;
}

/** Bytes when the host holds the whole body anyway, a stream when it does not, `null` when there is none. */
export type RequestBody = Uint8Array | ReadableStream<Uint8Array> | null;

export interface Peer {
  /** CF-Connecting-IP, the event's source address; or `null`. */
  readonly address: string | null;
  /** Where the platform says the client is, or for a Lambda where the function runs; `null` when it cannot tell. */
  readonly place: GeoPoint | null;
}

/** What the host knows of one request beyond the `Request` itself. Nothing in it comes from a header a client can set. */
export interface Arrival {
  /** Whom the platform proved to be at the other end. `header`: the request's, where a platform may have written it down. */
  peer(header: Fields): Peer;
  /** The scheme the client used, as the platform knows it. */
  readonly scheme: 'http' | 'https';
  /** A host name that is the platform's own for this deployment (a Lambda event's `requestContext.domainName`). */
  readonly platformHost: string | null;
  /**
   * The body to forward. It stands here and not in the `Request` because the Fetch standard refuses a GET with a body
   * and HTTP does not (RFC 9110, section 9.3.1).
   */
  readonly body: RequestBody;
  /** As the URL standard normalises it. */
  readonly path: string;
  /** The query as it came, with its `?`, before any URL parser touched it; `''` when there is none. */
  readonly rawQuery: string;
  /** Aborted when the client goes away, where the host can tell. */
  readonly signal: AbortSignal | null;
  /**
   * Work that may outlive the reply: `waitUntil` on Workers, finished before the reply on Lambda. `mostHeldMs`: a reply
   * that is ready waits no longer than this for it; what is not done by then goes on with the next request, or never.
   */
  defer(work: Promise<unknown>, mostHeldMs?: number): void;
  /** What is left of the time that the host gives this request, reply and all; absent or `null` where it sets none. */
  remainingMs?(): number | null;
}

/**
 * Where a request's body stands on its way.
 * - `client`: its next bytes are the client's to send.
 * - `origin`: bytes are there, and wait for the origin to take them.
 * - `taken`: the runtime has taken the last byte.
 * - `broken`: the client broke off in the middle.
 */
export type BodyStage = 'client' | 'origin' | 'taken' | 'broken';

/** One try at one origin. The header is `headers` and `perRequest` together; the host adds only what framing needs. */
export interface OriginRequest {
  readonly url: string;
  readonly method: string;
  /** Never changed, neither by the gateway nor by the host: other requests may have the same object. */
  readonly headers: Headers;
  /** The fields of this request alone. `headers` has none of these names. */
  readonly perRequest: readonly HeaderLine[];
  readonly body: RequestBody;
  /** Of a body that is a stream: the length under which it goes out. `null`: it is not known, and the body is chunked. */
  readonly bodyLength: number | null;
  /** Told of every step that the body makes; a whole body may be `taken` at once. `null`: there is no body, or nobody waits for it. */
  readonly onBody: ((stage: BodyStage) => void) | null;
  /** The `Host` the origin shall see, or `null` for the one in `url`. Workers cannot honour it. */
  readonly host: string | null;
  /** True only for `session: 'off'` routes with `cache: 'edge'`; else no shared cache may come near the reply. */
  readonly edgeCache: boolean;
  /** Ends the attempt: the origin's connection is closed, its reply stream cancelled. `null` where the host `endsWhatIsLeft`. */
  readonly signal: AbortSignal | null;
}

/**
 * What became of one try.
 * - `reply`: the origin (or, on Workers, Cloudflare in its name: 52x) answered; the body is unread, undecoded, unbuffered.
 *   `status` is the response's own, read once: on Workers each look at it is a call out of JavaScript.
 * - `failed`: no reply. `sent` says what the host honestly knows: `'nothing'` only when no byte can have reached the
 *   origin (connection refused, name not found, connect timeout); `'unknown'` otherwise. `reason` is for the log.
 */
export type OriginOutcome =
  | { readonly kind: 'reply'; readonly status: number; readonly response: Response }
  | { readonly kind: 'failed'; readonly sent: 'nothing' | 'unknown'; readonly reason: string };

/** Whoever may have to close a socket that others use. */
export interface SocketGuard {
  /** Asked before every message, from either side. */
  mayPass(): boolean;
  /** The socket is gone, and there is nothing to guard any more. Said once. */
  stop(): void;
}

export interface RelayedSocket {
  /** For the client, with the origin's header. */
  readonly response: Response;
  /** Closes both sides. Nothing passes afterwards. */
  close(code: number, reason: string): void;
}

export interface Platform {
  readonly door: Door;
  /**
   * The host itself ends what a request has begun and nobody waits for any more, when the reply is done or the client is
   * gone. Then no signal is made for it, which every request would pay for.
   */
  readonly endsWhatIsLeft: boolean;
  /** Milliseconds since the epoch. The only clock there is. */
  now(): number;
  /** Never throws for anything the network did. Redirects are not followed, no bytes are decoded. */
  send(request: OriginRequest): Promise<OriginOutcome>;
  /**
   * Stands between the two ends of a socket that an origin's 101 has opened: messages pass unchanged and in their order,
   * closes with their code and reason, and a side that is lost is told to the other. `null` where no upgrade gets through.
   */
  readonly relay: ((upgraded: Response, guard: SocketGuard) => RelayedSocket) | null;
  /** One structured line. Must not throw. */
  log(line: Readonly<Record<string, unknown>>): void;
}
