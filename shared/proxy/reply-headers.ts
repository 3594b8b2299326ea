/**
 * What a client is told in place of the origin's own header. Commands of the origin to the gateway, cookies under our
 * names and what belongs to the connection stay behind; everything else passes as it came, every Set-Cookie apart.
 */
import type { Settings } from '../config/settings.ts';
import { keepOutOfSharedCaches, makePrivateByDefault } from '../http/caching.ts';
import { createOwnCookies } from '../http/cookies/own-cookies.ts';
import { type HeaderList, listHeaders } from '../http/header-snapshot.ts';
import { connectionListed, hopByHop } from '../http/headers.ts';
import { foldName, pinHeaderNames, rememberedByName, sessionHeaders } from './origin-headers/spoofable.ts';

export interface ClientReplyFacts {
  /** Of the header, as it is given. */
  readonly fields: HeaderList;
  /** The route is `required`, or the request had a session: nobody else may be shown this reply. */
  readonly personal: boolean;
  /** The request has a Cookie or an Authorization field, and the route looks at sessions. */
  readonly withCredentials: boolean;
}

/** Changes the header it is given: a copy of the origin's, made with the reply that carries it. */
export type ClientReplyHeaders = (headers: Headers, facts: ClientReplyFacts) => void;

export function createReplyHeaders(settings: Pick<Settings, 'session' | 'pools'>): ClientReplyHeaders {
  const ownCookies = createOwnCookies(settings);
  const ours = new Set([...hopByHop, ...sessionHeaders, ...pinHeaderNames(settings.pools.values())]);
  const staysBehind = rememberedByName((name) => ours.has(foldName(name)));

  return (headers, { fields, personal, withCredentials }) => {
    const { names } = fields;
    const listed = connectionListed(fields.get('connection'));
    for (const name of names) if (staysBehind(name) || (listed.size > 0 && listed.has(name))) headers.delete(name);
    if (names.includes('set-cookie')) dropOurs(headers);
    // What the origin said to its connection alone was not said to the client: the walk is of before that was taken out.
    if (!personal && !withCredentials) return;
    const kept = listed.size > 0 ? listHeaders(headers) : fields;
    if (personal) keepOutOfSharedCaches(headers, kept);
    else makePrivateByDefault(headers, kept);
  };

  function dropOurs(headers: Headers): void {
    const cookies = headers.getSetCookie();
    if (!cookies.some(ownCookies.isSetBy)) return;
    headers.delete('set-cookie');
    for (const line of cookies) if (!ownCookies.isSetBy(line)) headers.append('set-cookie', line);
  }
}
