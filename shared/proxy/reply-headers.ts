/**
 * Makes the client's reply header of the origin's. Commands to the gateway, cookies under the gateway's names and hop-by-hop
 * fields are taken out. Everything else passes as it came, every Set-Cookie apart.
 */
import { memoize } from '../cache/lru.ts';
import type { Settings } from '../config/settings.ts';
import { keepOutOfSharedCaches, makePrivateByDefault } from '../http/caching.ts';
import { createOwnCookies } from '../http/cookies/own-cookies.ts';
import { hopByHop, sessionHeaders } from '../http/header-names.ts';
import { type HeaderList, listHeaders } from '../http/header-snapshot.ts';
import { connectionListed } from '../http/headers.ts';
import { foldName, nameLimits, pinHeaderNames } from './origin-headers/spoofable.ts';

export interface ClientReplyFacts {
  /** The header as the origin sent it. */
  readonly fields: HeaderList;
  /** The route is `required`, or the request had a session: no other client may see this reply. */
  readonly personal: boolean;
  /** The request has a Cookie or an Authorization field, and the route looks at sessions. */
  readonly withCredentials: boolean;
}

/** Changes the header it is given, which is a copy of the origin's. */
export type ClientReplyHeaders = (headers: Headers, facts: ClientReplyFacts) => void;

export function createReplyHeaders(settings: Pick<Settings, 'session' | 'pools'>): ClientReplyHeaders {
  const ownCookies = createOwnCookies(settings);
  const ours = new Set([...hopByHop, ...sessionHeaders, ...pinHeaderNames(settings.pools.values())]);
  const staysBehind = memoize((name) => ours.has(foldName(name)), nameLimits);

  return (headers, { fields, personal, withCredentials }) => {
    const { names } = fields;
    const listed = connectionListed(fields.get('connection'));
    for (const name of names) if (staysBehind(name) || (listed.size > 0 && listed.has(name))) headers.delete(name);
    if (names.includes('set-cookie')) dropOurs(headers);
    if (!personal && !withCredentials) return;
    // `fields` still has what Connection listed.
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
