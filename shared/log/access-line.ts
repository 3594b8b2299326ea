/** The access line: one JSON line per request, with the reason of a failure. It has no secrets: no query, cookie or token. */
import type { Trail } from '../context.ts';

export interface AnsweredRequest {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly startedAt: number;
  readonly endedAt: number;
}

const maxPathLength = 512;

/** The parameters of a path segment (RFC 3986, section 3.3). Their `;` may be escaped several times. */
const parameters = /(?:;|%(?:25)*3b)[^/]*/gi;

/**
 * The path without secrets. Servlet containers put session ids into path parameters (`;jsessionid=…`), and the paths of our
 * own pages contain session ids and subjects.
 */
export function writablePath(path: string, prefix: string): string {
  const bare = path.replace(parameters, '');
  return bare.startsWith(`${prefix}/`) ? bare.replace(/\/(sessions|subjects)\/[^/]+/g, '/$1/*') : bare;
}

/** The latest second as text: most lines differ from the one before only in the milliseconds. */
let second = { number: Number.NaN, text: '' };

/** RFC 3339 in UTC. */
function timestampOf(ms: number): string {
  const number = Math.floor(ms / 1_000);
  if (number !== second.number)
    second = { number, text: new Date(number * 1_000).toISOString().slice(0, -'000Z'.length) };
  return `${second.text}${String(ms - number * 1_000).padStart(3, '0')}Z`;
}

export function accessLine(
  { requestId, route, origin, because, attempts, session, stale, failure }: Trail,
  { method, path, status, startedAt, endedAt }: AnsweredRequest,
): Record<string, unknown> {
  const line: Record<string, unknown> = {
    event: 'request',
    at: timestampOf(startedAt),
    request_id: requestId,
    method,
    path: path.length > maxPathLength ? `${path.slice(0, maxPathLength)}…` : path,
    status,
    ms: endedAt - startedAt,
    route,
    origin,
    because,
    attempts,
    session,
  };
  if (stale) line.stale = true;
  return failure === null ? line : { ...line, code: failure.code, reason: failure.reason };
}
