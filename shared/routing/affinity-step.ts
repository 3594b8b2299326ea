/**
 * Which berth do they hold? Opens the pins' carriers before anything can end a request, and writes them back after
 * everything that can change them: a move, a login on a page of ours or of an origin's, a logout.
 */
import type { MiddlewareHandler } from 'hono';
import type { Settings } from '../config/settings.ts';
import type { Exchange } from '../context.ts';
import { keptByNobody } from '../http/caching.ts';
import { cookieCarriers, createAffinity } from './affinity.ts';
import type { Pins } from './pin.ts';

export function affinityStep({ settings, pins }: { settings: Settings; pins: Pins }): MiddlewareHandler<Exchange> {
  const carriers = cookieCarriers(settings.pools.values());

  return async (c, next) => {
    const { client, session } = c.var;
    const cookies = c.req.raw.headers.get('cookie');
    const affinity = createAffinity(pins, carriers, cookies, session.provenFamily, client.now);
    c.set('affinity', affinity);
    await next();
    const transition = session.transition();
    const lines =
      transition?.kind === 'ended'
        ? affinity.clearCookies()
        : await affinity.setCookies(await session.familyAfterwards());
    if (lines.length === 0) return;
    for (const line of lines) c.res.headers.append('set-cookie', line);
    keptByNobody(c.res.headers);
  };
}
