/**
 * What an origin is sent in place of the client's own header. Fields that belong to the connection, that an origin could
 * take for the gateway's, or that are credentials of the gateway are taken out, in that order. Then the gateway's are put in.
 *
 * Every field is in one of three groups: the client's stable ones, the gateway's stable ones, and those of this request
 * alone. The first two make the key of the cache and the header that is kept in it, so that a new field in either cannot be
 * missing from the key.
 */
import { createHeaderCache } from '../../cache/header-cache.ts';
import { memoizeByHeaders } from '../../cache/header-interner.ts';
import type { ClientFacts } from '../../client/facts.ts';
import type { Settings } from '../../config/settings.ts';
import { createOwnCookies } from '../../http/cookies/own-cookies.ts';
import type { HeaderSnapshot, StableHeaders } from '../../http/header-snapshot.ts';
import { connectionListed, type HeaderLine, hasLostBytes } from '../../http/headers.ts';
import { forwardedHeaders } from './forwarded.ts';
import { cdnLoopOf, gatewayIdOf } from './loop.ts';
import { createSpoofable } from './spoofable.ts';
import { traceOf } from './trace.ts';

export interface OriginRequestFacts {
  /** Of the incoming header. */
  readonly fields: HeaderSnapshot;
  readonly client: ClientFacts;
  /** `off`: the route does not look at sessions, and the origin learns nothing of one. */
  readonly session: 'active' | 'anonymous' | 'off';
  readonly assertion: string | null;
  readonly affinity: { readonly origin: string; readonly epoch: number; readonly next: string | null } | null;
  /** The configured preset's headers (`identity/headers.ts`); empty without a subject. */
  readonly identity: readonly HeaderLine[];
  /** It asks for a WebSocket. */
  readonly upgrade: boolean;
}

/** As `OriginRequest` has them (`platform.ts`). */
export interface OriginHeaders {
  /** Shared by all requests with the same stable fields. Never changed. */
  readonly headers: Headers;
  readonly perRequest: readonly HeaderLine[];
}

export function createOriginHeaders(
  settings: Settings,
): (incoming: Headers, facts: OriginRequestFacts) => OriginHeaders {
  const ownCookies = createOwnCookies(settings);
  const isSpoofable = createSpoofable(settings);
  const cdnLoop = cdnLoopOf(gatewayIdOf(settings));
  const cache = createHeaderCache();
  const volatilePasses = memoizeByHeaders((stable) => {
    const listed = connectionListed(stable.get('connection'));
    return stable.volatileNames.map((name) => !isSpoofable(name) && !listed.has(name));
  });

  return (incoming, facts) => {
    const { stable, volatileValues } = facts.fields;
    const lines = stableHeaders(facts, cdnLoop);
    // Only a copy of the header still has the bytes that a text of it has lost.
    if (volatileValues.some(hasLostBytes)) {
      return { headers: build(incoming, stable, lines, true), perRequest: perRequestHeaders(facts, []) };
    }
    const headers = cache.getOrBuild(stable, lines, () => build(incoming, stable, lines, false));
    return { headers, perRequest: perRequestHeaders(facts, volatilePasses(facts.fields)) };
  };

  /** `incoming` is only copied: what passes of it is decided by `stable` alone. */
  function build(
    incoming: Headers,
    stable: StableHeaders,
    lines: readonly HeaderLine[],
    keepsVolatile: boolean,
  ): Headers {
    // Deleting from a copy costs workerd a third less than building a header up.
    const headers = new Headers(incoming);
    const listed = connectionListed(stable.get('connection'));
    const staysBehind = (name: string): boolean => isSpoofable(name) || listed.has(name);
    for (const name of stable.names) if (staysBehind(name)) headers.delete(name);
    for (const name of stable.volatileNames) if (!keepsVolatile || staysBehind(name)) headers.delete(name);
    const cookies = stable.get('cookie');
    const others = cookies === null ? null : ownCookies.withoutOurs(cookies);
    if (others === null) headers.delete('cookie');
    else if (others !== cookies) headers.set('cookie', others);
    const authorization = stable.get('authorization');
    if (authorization !== null && sessionCredential.test(authorization)) headers.delete('authorization');
    for (const [name, value] of lines) headers.set(name, value);
    return headers;
  }
}

/** The gateway's own fields that stay as they are while the client, its session and its origin do. */
export function stableHeaders(
  { fields, client, session, assertion, affinity, identity, upgrade }: OriginRequestFacts,
  cdnLoop: string,
): readonly HeaderLine[] {
  const lines = forwardedHeaders(client);
  lines.push(['via', appended(fields.get('via'), '1.1 berth')]);
  lines.push(['cdn-loop', appended(fields.get('cdn-loop'), cdnLoop)]);
  if (session !== 'off') {
    lines.push(['session-status', session]);
    if (assertion !== null) lines.push(['session-assertion', assertion]);
    for (const line of identity) lines.push(line);
  }
  if (affinity !== null) lines.push(['session-affinity', sessionAffinity(affinity)]);
  // The upgrade itself is hop-by-hop and was dropped with the rest. For a socket that passes it is needed.
  if (upgrade) lines.push(['upgrade', 'websocket']);
  return lines;
}

/**
 * The fields of this request alone: its id, its place in a trace, and those of the client's volatile ones that pass.
 * `passes`: of each of `stable.volatileNames`.
 */
export function perRequestHeaders(
  { fields, client }: OriginRequestFacts,
  passes: readonly boolean[],
): readonly HeaderLine[] {
  const trace = traceOf(fields.get('traceparent'), fields.get('tracestate'), client.uuid);
  const lines: HeaderLine[] = [
    ['x-request-id', client.requestId],
    ['traceparent', trace.parent],
  ];
  if (trace.state !== null) lines.push(['tracestate', trace.state]);
  const { volatileNames } = fields.stable;
  for (let i = 0; i < volatileNames.length; i++) {
    if (passes[i]) lines.push([volatileNames[i] as string, fields.volatileValues[i] as string]);
  }
  return lines;
}

/** `Authorization: Session …` is a credential of the gateway. Two such headers arrive as one, with a comma between. */
export const sessionCredential = /(?:^|,)\s*session(?:\s|$)/i;

const appended = (list: string | null, element: string): string => (list ? `${list}, ${element}` : element);

/** A dictionary of RFC 9651. The ids of origins are tokens of it by the configuration's rules. */
const sessionAffinity = ({ origin, epoch, next }: NonNullable<OriginRequestFacts['affinity']>): string =>
  `origin=${origin}, epoch=${epoch}${next === null ? '' : `, next=${next}`}`;
