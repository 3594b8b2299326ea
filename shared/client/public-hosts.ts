/**
 * Finds the public origin of a request by its Host. A default port may be written or left out (RFC 9110, sections 4.2.3 and
 * 7.2): that of the origin's scheme, and that of the request's scheme, which differs if a proxy terminates TLS. A host with a
 * dot at its end is a different host: browsers keep separate cookies for it.
 */
import type { PublicOrigin } from '../config/settings.ts';

type Scheme = PublicOrigin['scheme'];

/** `host`: as sent, in lower case. `scheme`: the request's; it decides between two origins of the same host. */
export type PublicOriginOf = (host: string, scheme: Scheme) => PublicOrigin | undefined;

export function createPublicHosts(origins: readonly PublicOrigin[]): PublicOriginOf {
  const byHost = { http: hostsOf(origins, 'http'), https: hostsOf(origins, 'https') };
  return (host, scheme) => byHost[scheme].get(host);
}

function hostsOf(origins: readonly PublicOrigin[], asked: Scheme): Map<string, PublicOrigin> {
  const hosts = new Map<string, PublicOrigin>();
  const others = origins.filter(({ scheme }) => scheme !== asked);
  for (const origin of [...others, ...origins.filter(({ scheme }) => scheme === asked)]) {
    const { host, scheme } = origin;
    for (const spelling of [host, withDefaultPort(host, asked), withDefaultPort(host, scheme)])
      hosts.set(spelling, origin);
  }
  return hosts;
}

/** `host`: without the default port of its scheme, as `URL` writes it. */
export const withDefaultPort = (host: string, scheme: Scheme): string =>
  /:\d+$/.test(host) ? host : `${host}:${scheme === 'https' ? 443 : 80}`;
