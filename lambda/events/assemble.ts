/** Builds the `Request` and its arrival from the parts of an event: the same for all shapes. */
import { addressOfNode } from '../../shared/client/forwarded-node.ts';
import { pathOf } from '../../shared/http/urls.ts';
import { type EventReading, refuse } from './event.ts';
import { type Field, readFields } from './fields.ts';

export interface EventParts {
  readonly method: string;
  readonly fields: Iterable<Field>;
  /** Escaped for use in a URL. */
  readonly path: string;
  /** With its `?`, or `''`. */
  readonly rawQuery: string;
  readonly body: string | null | undefined;
  readonly isBase64Encoded: boolean | undefined;
  /** `null`: it is the last element of X-Forwarded-For, which the platform itself appends. */
  readonly peerAddress: string | null;
  readonly platformHost: string | null;
}

/** The host of a request without Host, such as a load balancer's health check. RFC 2606, section 2. */
const defaultHost = 'host.invalid';

export function assemble(parts: EventParts): EventReading {
  const reading = readFields(parts.fields);
  if (reading.kind === 'bad') return refuse('bad_request', reading.reason);
  const { headers } = reading;

  const path = parts.path === '' ? '/' : parts.path;
  if (!path.startsWith('/')) return refuse('bad_request', 'the path does not begin with a slash');

  const body = bytesOf(parts.body, parts.isBase64Encoded ?? false);
  if (body || reading.framed) headers.set('content-length', String(body?.length ?? 0));

  const peerAddress = takePeer(headers, parts.peerAddress);
  // The platform overwrites this header. Only a load balancer can set it to `http`.
  const scheme = headers.get('x-forwarded-proto') === 'http' ? 'http' : 'https';
  const platformHost = parts.platformHost?.toLowerCase() ?? null;

  const url = `${scheme}://${reading.host ?? platformHost ?? defaultHost}${path}${parts.rawQuery}`;
  if (!URL.canParse(url)) return refuse('bad_request', 'the URL cannot be parsed');
  if (unfetchable.has(parts.method.toUpperCase())) return refuse('not_supported', 'this method is not passed on');
  try {
    const request = new Request(url, { method: parts.method, headers });
    const { rawQuery } = parts;
    const arrival = { peerAddress, scheme, platformHost, body, path: pathOf(url), rawQuery } as const;
    return { kind: 'request', request, arrival };
  } catch {
    return refuse('bad_request', 'the method is not a token');
  }
}

/** Methods that a `Request` cannot have (Fetch standard, "forbidden method"). */
const unfetchable = new Set(['CONNECT', 'TRACE', 'TRACK']);

/** `null` when there is no body. */
function bytesOf(body: string | null | undefined, isBase64Encoded: boolean): Uint8Array | null {
  if (!body) return null;
  return new Uint8Array(Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8'));
}

/**
 * Answers the peer's address, and removes it from the end of X-Forwarded-For, where the platform appended it. What remains is
 * the header that the peer sent.
 */
function takePeer(headers: Headers, known: string | null): string | null {
  const hops = (headers.get('x-forwarded-for') ?? '').split(',');
  // A load balancer can be configured to include the client's port.
  const last = addressOfNode(hops.pop() as string);
  const peer = known ?? last;
  if (peer === null || last !== peer) return peer;
  if (hops.length === 0) headers.delete('x-forwarded-for');
  else headers.set('x-forwarded-for', hops.join(','));
  return peer;
}
