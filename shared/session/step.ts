/** Do we know them? Opens the request's session (lazily: a route decides how fresh it must be) and writes it back. */
import type { MiddlewareHandler } from 'hono';
import type { Settings } from '../config/settings.ts';
import type { Exchange } from '../context.ts';
import { keptByNobody } from '../http/caching.ts';
import { clearCookie, readCookie, writeCookie } from '../http/cookies.ts';
import { createRequestSession } from './request-session.ts';
import type { Strategy } from './strategy.ts';

export function sessionStep({
  settings,
  strategy,
}: {
  settings: Settings;
  strategy: Strategy;
}): MiddlewareHandler<Exchange> {
  const { name, sameSite, partitioned, persistent } = settings.session.cookie;

  return async (c, next) => {
    const { now } = c.var.client;
    const value = readCookie(c.req.raw.headers.get('cookie'), name);
    const session = createRequestSession({ strategy, value, now, method: c.req.method });
    c.set('session', session);
    await next();
    const outcome = session.outcome();
    if (outcome.kind === 'keep') return;
    const maxAgeSeconds = persistent && outcome.kind === 'write' ? Math.floor((outcome.endsAt - now) / 1000) : null;
    c.res.headers.append(
      'set-cookie',
      outcome.kind === 'write'
        ? writeCookie(name, outcome.value, { sameSite, partitioned, maxAgeSeconds })
        : clearCookie(name, { sameSite, partitioned }),
    );
    keptByNobody(c.res.headers);
  };
}
