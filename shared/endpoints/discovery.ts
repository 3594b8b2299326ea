/** For programs: the gateway's names, endpoints and keys. It has no secrets. */
import { version } from '../version.ts';
import { type Handler, jsonReply } from './endpoint.ts';

export const discovery: Handler = (_c, { settings }) => {
  const issuer = (settings.publicOrigins[0] as { origin: string }).origin;
  const at = (path: string): string => `${issuer}${settings.prefix}${path}`;
  return jsonReply({
    name: 'berth',
    version,
    issuer,
    session_cookie: settings.session.cookie.name,
    session_strategy: settings.session.strategy,
    affinity_cookies: [...settings.pools.values()].flatMap(({ affinity: { by } }) =>
      by.kind === 'cookie' ? [by.name] : [],
    ),
    assertion: { header: 'Session-Assertion', alg: 'ES256', audiences: [...settings.pools.keys()] },
    jwks_uri: at('/jwks.json'),
    endpoints: {
      home: at('/'),
      me: at('/me'),
      login: at('/login'),
      logout: at('/logout'),
      refresh: at('/refresh'),
      sessions: at('/sessions'),
      handoff: at('/handoff'),
      healthz: at('/healthz'),
      readyz: at('/readyz'),
      status: at('/status'),
      metrics: at('/metrics'),
      api: at('/api/v1'),
    },
  });
};

/** RFC 7517. For verifying `Session-Assertion`. */
export const jwks: Handler = (_c, parts) => jsonReply(parts.jwks);
