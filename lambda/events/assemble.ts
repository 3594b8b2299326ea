/** From what an event shape found, the `Request` and its arrival: the part that is the same for all of them. */
import { addressOfNode } from '../../shared/client/forwarded-node.ts';
import { pathOf } from '../../shared/http/urls.ts';
import { type EventReading, refused } from './event.ts';
import { type Field, readFields } from './fields.ts';

export interface EventParts {
  readonly method: string;
  readonly fields: Iterable<Field>;
  /** Escaped, so that it can stand in a URL. */
  readonly path: string;
  /** With its `?`, or `''`. */
  readonly rawQuery: string;
  readonly body: string | null | undefined;
  readonly isBase64Encoded: boolean | undefined;
  /** `null`: it is the last hop in X-Forwarded-For, written there by the platform itself. */
  readonly peerAddress: string | null;
  readonly platformHost: string | null;
}

/** Where a request without Host (a load balancer's own health check) is taken to have been sent. RFC 2606, section 2. */
const nowhere = 'host.invalid';

export function assemble(parts: EventParts): EventReading {
  const reading = readFields(parts.fields);
  if (reading.kind === 'bad') return refused('bad_request', reading.reason);
  const { headers } = reading;

  const path = parts.path === '' ? '/' : parts.path;
  if (!path.startsWith('/')) return refused('bad_request', 'the path does not begin with a slash');

  const body = bytesOf(parts.body, parts.isBase64Encoded ?? false);
  if (body || reading.framed) headers.set('content-length', String(body?.length ?? 0));

  const peerAddress = takePeer(headers, parts.peerAddress);
  // The platform writes this header itself and overwrites what the client sent; only a load balancer may say `http`.
  const scheme = headers.get('x-forwarded-proto') === 'http' ? 'http' : 'https';
  const platformHost = parts.platformHost?.toLowerCase() ?? null;

  const url = `${scheme}://${reading.host ?? platformHost ?? nowhere}${path}${parts.rawQuery}`;
  if (!URL.canParse(url)) return refused('bad_request', 'the URL cannot be parsed');
  if (unfetchable.has(parts.method.toUpperCase())) return refused('not_supported', 'this method is not passed on');
  try {
    const request = new Request(url, { method: parts.method, headers });
    const { rawQuery } = parts;
    const arrival = { peerAddress, scheme, platformHost, body, path: pathOf(url), rawQuery } as const;
    return { kind: 'request', request, arrival };
  } catch {
    return refused('bad_request', 'the method is not a token');
  }
}

/** Methods a `Request` cannot have (Fetch standard, "forbidden method"). */
const unfetchable = new Set(['CONNECT', 'TRACE', 'TRACK']);

/** The body's bytes, or `null` when there are none. */
function bytesOf(body: string | null | undefined, isBase64Encoded: boolean): Uint8Array | null {
  if (!body) return null;
  return new Uint8Array(Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8'));
}

/**
 * The peer's address, taken off the end of X-Forwarded-For where the platform wrote it: what stays in the header is what
 * the peer said of those before it.
 */
function takePeer(headers: Headers, known: string | null): string | null {
  const hops = (headers.get('x-forwarded-for') ?? '').split(',');
  // A load balancer can be told to keep the client's port.
  const last = addressOfNode(hops.pop() as string);
  const peer = known ?? last;
  if (peer === null || last !== peer) return peer;
  if (hops.length === 0) headers.delete('x-forwarded-for');
  else headers.set('x-forwarded-for', hops.join(','));
  return peer;
}
