/** Do we know them? Opens the request's session (lazily: a route decides how fresh it must be) and writes it back. */
import type { MiddlewareHandler } from 'hono';
import type { Settings } from '../config/settings.ts';
import type { Exchange } from '../context.ts';
import type { Platform } from '../platform.ts';
import { carriedIn, carryBack } from './carrier.ts';
import { deviceLabel, fingerprintOf } from './fingerprint.ts';
import { createRequestSession } from './request-session.ts';
import type { Strategy } from './strategy.ts';

export function sessionStep({
  settings,
  platform,
  strategy,
}: {
  settings: Settings;
  platform: Platform;
  strategy: Strategy;
}): MiddlewareHandler<Exchange> {
  const { cookie, binding } = settings.session;

  return async (c, next) => {
    const { now, userAgent, address } = c.env.client;
    const startedAt = platform.now();
    const carried = carriedIn(c.req.raw.headers, cookie.name);
    const value = carried.kind === 'none' ? null : carried.value;
    const session = createRequestSession({
      strategy,
      value,
      now,
      method: c.req.method,
      client: () => fingerprintOf({ userAgent, address }, binding),
      device: () => deviceLabel(userAgent),
      tookMs: () => platform.now() - startedAt,
    });
    c.env.session = session;
    await next();
    const settling = session.settle();
    if (settling) await settling;
    carryBack(c.res.headers, carried, session.outcome(), cookie, now);
  };
}
