/** Attaches the session to the request, and writes its cookie with the reply. It is looked at later: the route sets its freshness. */

import { memoizeByHeaders } from '../cache/header-interner.ts';
import type { Settings } from '../config/settings.ts';
import { createWithheld, type OwnCookie } from '../http/cookies/withheld.ts';
import { isWebSocketUpgrade } from '../http/cross-site.ts';
import type { Step } from '../pipeline.ts';
import type { Platform } from '../platform.ts';
import { createFingerprints, deviceLabel } from './request/fingerprint.ts';
import { createRequestSession } from './request/request-session.ts';
import { carriedIn, carryBack } from './request/transport.ts';
import type { Strategy } from './strategy/strategy.ts';

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
  const broughtBy = memoizeByHeaders((header) => ({
    withheld: withheldFrom(header),
    carried: carriedIn(header, cookie.name),
    opensSocket: isWebSocketUpgrade(header),
  }));

  return {
    there(c) {
      const { startedAt, client } = c.env;
      const { now, userAgent, address } = client;
      const { withheld, carried, opensSocket } = broughtBy(c.env.fields);
      const session = createRequestSession({
        strategy,
        values: carried.values,
        now,
        method: c.env.method,
        opensSocket,
        client: () => fingerprintOf({ userAgent, address }),
        device: () => deviceLabel(userAgent),
        tookMs: () => platform.now() - startedAt,
      });
      c.env.withheld = withheld;
      c.env.carried = carried;
      c.env.session = session;
      return undefined;
    },
    back(c, reply) {
      const { carried, session, client } = c.env;
      if (!session) return undefined;
      const carry = (): void => {
        const outcome = session.outcome();
        if (outcome.kind === 'keep') return;
        const isAnother = session.transition() !== null;
        carryBack(reply.headers, carried, { outcome, isAnother, cookie, now: client.now });
      };
      const settling = session.confirmBeforeReply();
      return settling ? settling.then(carry) : carry();
    },
  };
}

const pinCookiesOf = ({ pools }: Settings): OwnCookie[] =>
  [...pools.values()].flatMap(({ affinity: { by } }) => (by.kind === 'cookie' ? [by] : []));
