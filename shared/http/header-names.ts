/** Header names that several parts of the gateway must agree on. In lower case, as `Headers` give them. */
import type { FieldName } from './headers.ts';

/** The gateway's own, between gateway and origin or gateway and client. docs/routing.md and docs/sessions.md describe them. */
export const sessionHeader = {
  status: 'session-status',
  assertion: 'session-assertion',
  affinity: 'session-affinity',
  issue: 'session-issue',
  update: 'session-update',
  rotate: 'session-rotate',
  end: 'session-end',
  originToken: 'session-origin-token',
  explain: 'session-explain',
  explained: 'session-explained',
  /** Reserved for `{prefix}/authz`, which is not built yet. */
  authzToken: 'session-authz-token',
  renewed: 'session-renewed',
} as const satisfies Readonly<Record<string, FieldName>>;

/** No client may send one to an origin, and no origin one to a client. */
export const sessionHeaders: ReadonlySet<string> = new Set(Object.values(sessionHeader));

/** Of one connection and not of the message: never forwarded in either direction (RFC 9110, section 7.6.1). */
export const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
]);
