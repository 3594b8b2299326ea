/** The access line: one per request, JSON, with the reason of a failure and without anything secret (no query, no cookie, no token). */
import type { Trail } from '../context.ts';

export interface Answered {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly startedAt: number;
  readonly endedAt: number;
}

/** Longer paths say nothing more to a reader of logs. */
const longestPath = 512;

/** Parameters of a path segment, its `;` escaped however often (RFC 3986, section 3.3). */
const parameters = /(?:;|%(?:25)*3b)[^/]*/gi;

/**
 * The path as it may be written. Servlet containers write the ids of sessions into parameters, as `;jsessionid=…`, and in
 * our own pages' paths stand ids of sessions and names of subjects: who reads logs must learn none of them.
 */
export function writablePath(path: string, prefix: string): string {
  const bare = path.replace(parameters, '');
  return bare.startsWith(`${prefix}/`) ? bare.replace(/\/(sessions|subjects)\/[^/]+/g, '/$1/*') : bare;
}

/** Requests come many a second, and of most only the last digits are new. */
let second = { number: Number.NaN, text: '' };

/** RFC 3339 in UTC. */
function writtenOut(ms: number): string {
  const number = Math.floor(ms / 1_000);
  if (number !== second.number)
    second = { number, text: new Date(number * 1_000).toISOString().slice(0, -'000Z'.length) };
  return `${second.text}${String(ms - number * 1_000).padStart(3, '0')}Z`;
}

export function accessLine(
  { requestId, route, origin, because, attempts, session, failure }: Trail,
  { method, path, status, startedAt, endedAt }: Answered,
): Record<string, unknown> {
  const line = {
    event: 'request',
    at: writtenOut(startedAt),
    request_id: requestId,
    method,
    path: path.length > longestPath ? `${path.slice(0, longestPath)}…` : path,
    status,
    ms: endedAt - startedAt,
    route,
    origin,
    because,
    attempts,
    session,
  };
  return failure === null ? line : { ...line, code: failure.code, reason: failure.reason };
}
