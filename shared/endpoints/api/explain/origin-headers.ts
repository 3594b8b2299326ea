/**
 * The header that the origin would be sent, without any value that the client or the gateway must keep secret. Values are
 * masked before the header is built, so that none can get into the reply by omission.
 */
import type { Settings } from '../../../config/settings.ts';
import { createOwnCookies } from '../../../http/cookies/own-cookies.ts';
import { isWebSocketUpgrade } from '../../../http/cross-site.ts';
import { readHeaders } from '../../../http/header-snapshot.ts';
import { createIdentityHeaders } from '../../../identity/headers.ts';
import {
  createOriginHeaders,
  type OriginRequestFacts,
  sessionCredential,
} from '../../../proxy/origin-headers/build.ts';
import type { Session } from '../../../session/session.ts';
import type { ExplainInput } from './input.ts';

const asSent = '(as sent)';
const newForEachRequest = '(new for each request)';

/** `session`: the active one. `isOff`: the route does not look at sessions. */
export function originHeaders(
  settings: Settings,
  { headers, address, publicOrigin }: ExplainInput,
  now: number,
  session: Session | null,
  isOff: boolean,
  affinity: OriginRequestFacts['affinity'],
): Readonly<Record<string, string>> {
  const isSignedIn = session !== null && session.subject !== null;
  const incoming = masked(headers, settings);
  const identity = session ? createIdentityHeaders(settings.identity.headers)(session) : [];
  const { headers: stable, perRequest } = createOriginHeaders(settings)(incoming, {
    fields: readHeaders(incoming),
    client: {
      now,
      requestId: newForEachRequest,
      uuid: crypto.randomUUID(),
      address,
      forwardedFor: [],
      place: null,
      publicOrigin,
      userAgent: '',
    },
    session: isOff ? 'off' : isSignedIn ? 'active' : 'anonymous',
    assertion: settings.identity.assertion && isSignedIn && !isOff ? '(signed for each request)' : null,
    affinity,
    identity: identity.map(([name]) => [name, '(from the session)'] as const),
    upgrade: isWebSocketUpgrade(readHeaders(headers)),
  });
  return { ...Object.fromEntries(stable), ...Object.fromEntries(perRequest), traceparent: newForEachRequest };
}

/** Every value is replaced but that of Connection, which names headers that are not passed on and is not passed on itself. */
function masked(headers: Headers, settings: Settings): Headers {
  const ownCookies = createOwnCookies(settings);
  const copy = new Headers();
  for (const [name, value] of headers) {
    if (name === 'cookie') {
      const others = ownCookies.withoutOurs(value);
      if (others !== null) copy.set(name, others === value ? asSent : "(as sent, without the gateway's cookies)");
    } else if (name === 'connection') copy.set(name, value);
    else if (name !== 'authorization' || !sessionCredential.test(value)) copy.set(name, asSent);
  }
  return copy;
}
