/**
 * Reads the `Session-*` request headers, in which Berth describes the request.
 *
 * The demo only displays the assertion. A real app must verify it with the gateway's `/.session/jwks.json`, and refuse
 * requests that did not come through the gateway.
 */
import type { IncomingHttpHeaders } from 'node:http';

export interface Visitor {
  /** `null`: the request did not come through Berth, or the route has no session. */
  readonly status: 'active' | 'anonymous' | null;
  /** From the assertion; `null` if nobody is signed in. */
  readonly subject: string | null;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly authenticatedAt: Date | null;
  readonly affinity: { readonly origin: string; readonly epoch: number; readonly next: string | null } | null;
  /** The address in the browser's address bar, as the gateway reports it; otherwise this origin's own. */
  readonly publicOrigin: string;
}

export function readVisitor(headers: IncomingHttpHeaders): Visitor {
  const status = one(headers['session-status']);
  const payload = status === 'active' ? decodePayload(one(headers['session-assertion'])) : {};
  return {
    status: status === 'active' || status === 'anonymous' ? status : null,
    subject: typeof payload.sub === 'string' ? payload.sub : null,
    claims: isObject(payload.claims) ? payload.claims : {},
    authenticatedAt: typeof payload.auth_time === 'number' ? new Date(payload.auth_time * 1000) : null,
    affinity: readAffinity(one(headers['session-affinity'])),
    publicOrigin: readPublicOrigin(headers),
  };
}

/** The payload of a JWT (RFC 7519, section 3), unverified; empty if the text is not a JWT. */
function decodePayload(jwt: string): Record<string, unknown> {
  try {
    const payload: unknown = JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString('utf8'));
    return isObject(payload) ? payload : {};
  } catch {
    return {};
  }
}

/** The members of the RFC 9651 dictionary that Berth writes: `origin=eu, epoch=3, next=us`. */
function readAffinity(text: string): Visitor['affinity'] {
  const members = new Map(text.split(',').map((member) => member.trim().split('=', 2) as [string, string]));
  const origin = members.get('origin');
  const epoch = Number(members.get('epoch'));
  if (!origin || !Number.isSafeInteger(epoch) || epoch < 1) return null;
  return { origin, epoch, next: members.get('next') ?? null };
}

function readPublicOrigin(headers: IncomingHttpHeaders): string {
  const scheme = one(headers['x-forwarded-proto']) === 'https' ? 'https' : 'http';
  const host = one(headers['x-forwarded-host']) || headers.host || 'localhost';
  return URL.parse(`${scheme}://${host}`)?.origin ?? 'http://localhost';
}

const one = (value: string | string[] | undefined): string => (Array.isArray(value) ? value.join(', ') : (value ?? ''));

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
