/** Sends one request to an origin over HTTP/1.1 and resolves with the head of its reply. Decodes and follows nothing. */
import { type ClientRequest, type Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import type { OriginRequest } from '../../shared/platform.ts';

/** A TCP and TLS handshake takes less than a second even across the world. */
const connectTimeoutMs = 3_000;
/** The same limit for a reply's headers as on Workers. */
const maxHeaderBytes = 128 * 1024;

export type ExchangeOutcome =
  | { readonly kind: 'reply'; readonly message: IncomingMessage }
  | { readonly kind: 'failed'; readonly connected: boolean; readonly error: unknown };

export interface Target {
  readonly url: URL;
  /** Path and query exactly as they are sent: a URL parser would rewrite the query. */
  readonly path: string;
  /** Name, value, name, value; from `fieldsOf`. */
  readonly fields: readonly string[];
}

/** Never rejects. `connected` is false only when no byte of the request can have been sent. */
export function exchange(request: OriginRequest, target: Target, agent: HttpAgent): Promise<ExchangeOutcome> {
  return new Promise((resolve) => {
    let connected = false;
    const fail = (error: unknown): void => resolve({ kind: 'failed', connected, error });
    try {
      const outgoing = open(request, target, agent);
      // This listener stays: without one, an error after the reply began would be uncaught. The body's stream reports it.
      outgoing.on('error', fail);
      outgoing.once('response', (message) => resolve({ kind: 'reply', message }));
      whenConnected(outgoing, target.url.protocol === 'https:', () => {
        connected = true;
      });
      write(outgoing, request).catch((error: Error) => outgoing.destroy(error));
    } catch (error) {
      fail(error);
    }
  });
}

function open(request: OriginRequest, { url, path, fields }: Target, agent: HttpAgent): ClientRequest {
  const hostname = url.hostname.replace(/^\[|\]$/g, '');
  const options = {
    agent,
    hostname,
    port: url.port,
    path,
    method: request.method,
    headers: fields,
    ...(request.signal && { signal: request.signal }),
    maxHeaderSize: maxHeaderBytes,
    // By default the certificate is compared with the Host header, which may be the client's. An IP address has no SNI.
    servername: isIP(hostname) === 0 ? hostname : '',
  };
  return url.protocol === 'https:' ? httpsRequest(options) : httpRequest(options);
}

/** Written for this connection, and never copied from the client's request. */
const framing = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'upgrade',
  'expect',
]);
/** Methods that send no Content-Length when there is no body (RFC 9110, section 8.6). */
const withoutLength = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS']);

/** Name, value, name, value: in this form Node adds no header of its own. */
export function fieldsOf(
  { headers, perRequest, host, body, bodyLength, method }: OriginRequest,
  ownHost: string,
): string[] {
  const fields = ['host', host ?? ownHost];
  for (const [name, value] of headers) if (!framing.has(name)) fields.push(name, value);
  for (const [name, value] of perRequest) fields.push(name, value);
  const contentLength = headers.get('content-length');
  if (body instanceof Uint8Array) fields.push('content-length', String(body.length));
  else if (body === null) {
    if (contentLength !== null || !withoutLength.has(method)) fields.push('content-length', '0');
  } else if (bodyLength !== null) fields.push('content-length', String(bodyLength));
  else fields.push('transfer-encoding', 'chunked');
  return fields;
}

/** Calls back when the connection is ready to carry the request. Fails the attempt when that takes too long. */
function whenConnected(outgoing: ClientRequest, secure: boolean, connected: () => void): void {
  outgoing.once('socket', (socket) => {
    if (outgoing.reusedSocket) return connected();
    const timer = setTimeout(
      () => outgoing.destroy(Object.assign(new Error('connect timeout'), { code: 'CONNECT_TIMEOUT' })),
      connectTimeoutMs,
    );
    outgoing.once('close', () => clearTimeout(timer));
    socket.once(secure ? 'secureConnect' : 'connect', () => {
      clearTimeout(timer);
      connected();
    });
  });
}

/** The body is `taken` when Node has handed its last piece to the connection. */
async function write(outgoing: ClientRequest, { body, onBody }: OriginRequest): Promise<void> {
  if (body instanceof ReadableStream || (body !== null && body.length > pieceBytes)) {
    for await (const piece of piecesOf(body, onBody)) {
      if (outgoing.destroyed) return;
      onBody?.('origin');
      if (!outgoing.write(piece)) await drained(outgoing);
    }
    outgoing.end();
  } else outgoing.end(body ?? undefined);
  onBody?.('taken');
}

/** Small enough that progress is visible when an origin reads slowly. */
const pieceBytes = 64 * 1024;

async function* piecesOf(
  body: Uint8Array | ReadableStream<Uint8Array>,
  onBody: OriginRequest['onBody'],
): AsyncGenerator<Uint8Array> {
  if (body instanceof Uint8Array) {
    for (let at = 0; at < body.length; at += pieceBytes) yield body.subarray(at, at + pieceBytes);
    return;
  }
  const reader = body.getReader();
  try {
    for (;;) {
      onBody?.('client');
      const { done, value } = await reader.read().catch((error: unknown) => {
        onBody?.('broken');
        throw error;
      });
      if (done) return;
      yield value;
    }
  } finally {
    reader.cancel().catch(() => undefined);
  }
}

const drained = (outgoing: ClientRequest): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      outgoing.off('drain', done).off('close', done);
      resolve();
    };
    outgoing.on('drain', done).on('close', done);
  });
