/**
 * Which public origin a request asks, by its Host. A default port may be written or left out (RFC 9110, sections 4.2.3 and
 * 7.2): the one of the origin's own scheme, and that of the request's, which is another where TLS ends before us. A host with a dot
 * at its end is another one: browsers keep other cookies for it.
 */
import type { PublicOrigin } from '../config/settings.ts';

type Scheme = PublicOrigin['scheme'];

/** `host`: in lower case, as it came. `scheme`: the request's; of two origins that share a host it tells them apart. */
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

/** `host`: without the port that its scheme has anyway, as `URL` writes it. */
export const withDefaultPort = (host: string, scheme: Scheme): string =>
  /:\d+$/.test(host) ? host : `${host}:${scheme === 'https' ? 443 : 80}`;
