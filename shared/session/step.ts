/**
 * Attaches the session to the request, and writes its cookie with the reply. The route sets its freshness, so that it is
 * looked at later.
 */
import { memoizeByHeaders } from '../cache/header-interner.ts';
import type { Settings } from '../config/settings.ts';
import { createWithheld, type OwnCookie } from '../http/cookies/withheld.ts';
import { isWebSocketUpgrade } from '../http/cross-site.ts';
import type { Step } from '../pipeline.ts';
import type { Platform } from '../platform.ts';
import { createFingerprints, deviceLabel } from './request/fingerprint.ts';
import { createRequestSession } from './request/request-session.ts';
import { readTransport, writeCredential } from './request/transport.ts';
import { StoreBudget } from './store/budget.ts';
import type { Strategy } from './strategy/strategy.ts';

/** How long a finished reply waits for an ending of another request to be written. */
const maxHeldMs = 100;

export function sessionStep({
  settings,
  platform,
  strategy,
}: {
  settings: Settings;
  platform: Platform;
  strategy: Strategy;
}): Step {
  const { cookie, binding } = settings.session;
  const fingerprintOf = createFingerprints(binding);
  const withheldFrom = createWithheld([cookie, ...pinCookiesOf(settings)]);
  const receivedIn = memoizeByHeaders((header) => ({
    withheld: withheldFrom(header),
    transport: readTransport(header, cookie.name),
    opensSocket: isWebSocketUpgrade(header),
  }));

  return async (c, next) => {
    const { startedAt, client, arrival } = c.env;
    const { now, userAgent, address } = client;
    const { withheld, transport, opensSocket } = receivedIn(c.env.fields);
    const storeBudget = new StoreBudget(platform.now);
    const session = createRequestSession({
      strategy,
      storeBudget,
      values: transport.values,
      now,
      method: c.env.method,
      opensSocket,
      client: () => fingerprintOf({ userAgent, address }),
      device: () => deviceLabel(userAgent),
      tookMs: () => platform.now() - startedAt,
    });
    if (strategy.unwritten.isDue(now)) arrival.defer(strategy.unwritten.write(now), maxHeldMs);
    c.env.withheld = withheld;
    c.env.transport = transport;
    c.env.session = session;
    c.env.storeBudget = storeBudget;
    await next();
    const confirmed = session.confirmBeforeReply();
    if (confirmed) await confirmed;
    const outcome = session.outcome();
    if (outcome.kind === 'keep') return;
    const isAnother = session.transition() !== null;
    writeCredential(c.res.headers, transport, { outcome, isAnother, cookie, now });
  };
}

const pinCookiesOf = ({ pools }: Settings): OwnCookie[] =>
  [...pools.values()].flatMap(({ affinity: { by } }) => (by.kind === 'cookie' ? [by] : []));
