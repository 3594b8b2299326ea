/**
 * What an origin is sent in place of the client's own header: everything that belongs to the connection, that could pass
 * for a word of ours, or that is a credential of ours is taken out, in that order, and then our words are put in.
 *
 * Names are compared as origins may read them: CGI, WSGI and PHP turn `-` and other signs into `_`, so that
 * `X_Forwarded_For` and `X-Forwarded-For` are one variable there.
 */
import type { ClientFacts } from '../../client/facts.ts';
import type { PublicOrigin, Settings } from '../../config/settings.ts';
import { createOwnCookies } from '../../http/cookies/own-cookies.ts';
import type { HeaderSnapshot } from '../../http/header-snapshot.ts';
import { connectionListed, hasLostBytes } from '../../http/headers.ts';
import { dictionary, token } from '../../http/structured.ts';
import { createSentBefore, type Dressed, type Told } from './cache.ts';
import { cdnLoopOf, gatewayIdOf } from './loop.ts';
import { createSpoofable } from './spoofable.ts';
import { traceOf } from './trace.ts';

export interface OriginRequestFacts {
  /** Of the incoming header. */
  readonly fields: HeaderSnapshot;
  readonly client: ClientFacts;
  /** `off`: the route does not look at sessions, and the origin is told nothing of one. */
  readonly session: 'active' | 'anonymous' | 'off';
  readonly assertion: string | null;
  readonly affinity: { readonly origin: string; readonly epoch: number; readonly next: string | null } | null;
  /** The configured preset's headers (`identity/headers.ts`); empty without a subject. */
  readonly identity: readonly (readonly [name: string, value: string])[];
  /** It asks for a WebSocket. */
  readonly upgrade: boolean;
}

/** To be read before the next request is asked for: whoever asks the same again gets the same header, changed in place. */
export type OriginRequestHeaders = (incoming: Headers, facts: OriginRequestFacts) => Headers;

/** `copyOf`: the platform's `headersFrom`. */
export function createRequestHeaders(
  settings: Settings,
  copyOf: (header: Headers) => Headers = (header) => new Headers(header),
): OriginRequestHeaders {
  const ownCookies = createOwnCookies(settings);
  const isSpoofable = createSpoofable(settings);
  const cdnLoop = cdnLoopOf(gatewayIdOf(settings));
  const askedOf = new Map(settings.publicOrigins.map((origin) => [origin, asked(origin)]));

  const sentBefore = createSentBefore();

  return (incoming, facts) => {
    const { fields, client } = facts;
    const { stable, volatileValues } = fields;
    // Of a text that has lost bytes only a copy of the header still has them.
    const isWritable = !volatileValues.some(hasLostBytes);
    const { headers, passing } = isWritable
      ? sentBefore.dressedFor(stable, toldIn(facts), () => dressed(incoming, facts))
      : dressed(incoming, facts);
    // New in every request.
    const { volatileNames: freshNames } = stable;
    for (let i = 0; isWritable && i < freshNames.length; i++) {
      if (passing[i]) headers.set(freshNames[i] as string, volatileValues[i] as string);
    }
    headers.set('x-request-id', client.requestId);
    const trace = traceOf(fields.get('traceparent'), fields.get('tracestate'), client.uuid);
    headers.set('traceparent', trace.parent);
    if (trace.state !== null) headers.set('tracestate', trace.state);
    else if (fields.has('tracestate')) headers.delete('tracestate');
    return headers;
  };

  function dressed(
    incoming: Headers,
    { fields, client, session, assertion, affinity, identity, upgrade }: OriginRequestFacts,
  ): Dressed {
    // A copy from which is taken costs workerd a third less than one that is built up.
    const headers = copyOf(incoming);
    const { names, volatileNames: freshNames } = fields.stable;
    const listed = connectionListed(fields.get('connection'));
    const staysBehind = (name: string): boolean => isSpoofable(name) || listed.has(name);
    for (const name of [...names, ...freshNames]) if (staysBehind(name)) headers.delete(name);
    const cookies = fields.get('cookie');
    const others = cookies === null ? null : ownCookies.withoutOurs(cookies);
    if (others !== cookies) setOrDelete(headers, 'cookie', others);
    const authorization = fields.get('authorization');
    if (authorization !== null && sessionCredential.test(authorization)) headers.delete('authorization');

    const { publicOrigin } = client;
    const addresses = client.address === null ? client.forwardedFor : [client.address, ...client.forwardedFor];
    if (addresses.length > 0) headers.set('x-forwarded-for', addresses.join(', '));
    headers.set('x-forwarded-host', publicOrigin.host);
    headers.set('x-forwarded-proto', publicOrigin.scheme);
    headers.set('forwarded', forwarded(addresses, askedOf.get(publicOrigin) ?? asked(publicOrigin)));
    headers.set('via', appended(fields.get('via'), '1.1 berth'));
    headers.set('cdn-loop', appended(fields.get('cdn-loop'), cdnLoop));
    if (session !== 'off') {
      headers.set('session-status', session);
      if (assertion !== null) headers.set('session-assertion', assertion);
      for (const [name, value] of identity) headers.set(name, value);
    }
    if (affinity !== null) headers.set('session-affinity', sessionAffinity(affinity));
    // The upgrade itself is hop-by-hop and was dropped with the rest; for a socket that passes it is the point.
    if (upgrade) headers.set('upgrade', 'websocket');
    return { headers, passing: freshNames.map((name) => !staysBehind(name)) };
  }
}

const toldIn = ({ client, session, assertion, affinity, identity }: OriginRequestFacts): Told => ({
  assertion,
  session,
  address: client.address,
  forwardedFor: client.forwardedFor,
  publicOrigin: client.publicOrigin,
  origin: affinity === null ? null : affinity.origin,
  epoch: affinity === null ? 0 : affinity.epoch,
  next: affinity === null ? null : affinity.next,
  identity,
});

const setOrDelete = (headers: Headers, name: string, value: string | null): void =>
  value === null ? headers.delete(name) : headers.set(name, value);

/** `Authorization: Session …` is a credential of ours. Two such headers arrive as one, with a comma between. */
export const sessionCredential = /(?:^|,)\s*session(?:\s|$)/i;

const appended = (list: string | null, element: string): string => (list ? `${list}, ${element}` : element);

/** RFC 7239: one element per address; only the first speaks of what the client itself asked for. */
function forwarded([first, ...others]: readonly string[], asked: string): string {
  const client = `for=${first === undefined ? 'unknown' : node(first)}${asked}`;
  return [client, ...others.map((address) => `for=${node(address)}`)].join(', ');
}

const asked = ({ host, scheme }: PublicOrigin): string =>
  `;host=${isToken.test(host) ? host : `"${host}"`};proto=${scheme}`;

const isToken = /^[A-Za-z0-9.-]+$/;

/** An IPv6 address has brackets, and with them needs quotes (section 6). */
const node = (address: string): string => (address.includes(':') ? `"[${address}]"` : address);

const sessionAffinity = ({ origin, epoch, next }: NonNullable<OriginRequestFacts['affinity']>): string =>
  dictionary({ origin: token(origin), epoch, next: next === null ? null : token(next) });
