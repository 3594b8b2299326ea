/**
 * How Lambda answers the Platform port. Origins are asked by undici's `request` and not by `fetch`, because that one
 * decodes bodies and refuses a GET with one.
 */
import { isIP } from 'node:net';
import type { Readable } from 'node:stream';
import type { OriginOutcome, OriginRequest, Platform } from '../shared/platform.ts';
import { replyBody, requestBody } from './origin-body.ts';
import { createOriginConnections, type OriginConnections } from './origin-connections.ts';

export interface LambdaPlatformParts {
  readonly now?: () => number;
  /** Takes one line of the log, newline included. */
  readonly write?: (line: string) => void;
}

export function createLambdaPlatform(parts: LambdaPlatformParts = {}): Platform {
  const { now = Date.now, write = (line) => process.stdout.write(line) } = parts;
  const connections = createOriginConnections(Date.now);
  return {
    door: 'lambda',
    now,
    send: (request) => send(request, connections),
    log(line) {
      try {
        // Not through the console: the runtime would put time and request id in front, and the line were no JSON.
        write(`${JSON.stringify(line)}\n`);
      } catch {
        // A line that cannot be written must not cost anybody their reply.
      }
    },
  };
}

/** Framing that undici does itself, and fields it refuses to send. */
const framing = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'upgrade',
  'expect',
]);
/** Replies that have no body (RFC 9110, section 15.3.5 and 15.4.5; the Fetch standard adds 205). */
const bodiless = new Set([204, 205, 304]);
/** Neither a `Response` nor a Lambda result can carry more (RFC 9110, section 15). */
const highestStatus = 599;

async function send(request: OriginRequest, connections: OriginConnections): Promise<OriginOutcome> {
  try {
    const { origin, path, hostname } = takeApart(request.url);
    const agent = await connections.current();
    const options = {
      origin,
      path,
      method: request.method,
      headers: fieldsOf(request),
      body: requestBody(request.body),
      signal: request.signal,
      responseHeaders: 'raw',
      // Else undici takes the name it checks the certificate against from the Host header, which may be the client's.
      ...(isIP(hostname.replace(/^\[|\]$/g, '')) ? {} : { servername: hostname }),
    } as const;
    const { statusCode, headers, body } = await agent.request(options);
    return replyOf(statusCode, headers as unknown as readonly string[], body, request.method);
  } catch (error) {
    const sent = connections.neverConnected(error) ? 'nothing' : 'unknown';
    return { kind: 'failed', sent, reason: request.signal.aborted ? 'aborted' : reasonOf(error) };
  }
}

function replyOf(status: number, raw: readonly string[], body: Readable, method: string): OriginOutcome {
  if (status > highestStatus) {
    body.on('error', () => undefined).destroy();
    return { kind: 'failed', sent: 'unknown', reason: 'status_out_of_range' };
  }
  const empty = bodiless.has(status) || method === 'HEAD';
  if (empty) body.on('error', () => undefined).resume();
  const stream = empty ? null : replyBody(body);
  return { kind: 'reply', response: new Response(stream, { status, headers: headersOf(raw) }) };
}

/** By hand, because a URL parser would rewrite the query on the way. */
function takeApart(url: string): { origin: string; path: string; hostname: string } {
  const { origin, hostname } = new URL(url);
  const rest = url.slice(url.indexOf('://') + '://'.length);
  const start = rest.search(/[/?#]/);
  const path = start === -1 ? '' : (rest.slice(start).split('#')[0] as string);
  return { origin, path: path.startsWith('/') ? path : `/${path}`, hostname };
}

function fieldsOf({ headers, host, body }: OriginRequest): string[] {
  const fields: string[] = [];
  for (const [name, value] of headers) if (!framing.has(name)) fields.push(name, value);
  if (host !== null) fields.push('host', host);
  const length = headers.get('content-length');
  // Of bytes undici knows the length; a stream keeps the one it came with, and without one goes out in chunks.
  if (body instanceof ReadableStream && length !== null) fields.push('content-length', length);
  return fields;
}

/** From the fields as they came: in their order, every Set-Cookie apart, bytes above ASCII as they are. */
function headersOf(raw: readonly string[]): Headers {
  const headers = new Headers();
  for (let i = 0; i < raw.length; i += 2) headers.append(raw[i] as string, raw[i + 1] as string);
  return headers;
}

/** A code (`ECONNREFUSED`, `UND_ERR_SOCKET`), never a message: messages name addresses and what was being sent. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === 'string' ? code : error.name;
}
