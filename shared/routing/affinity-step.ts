/**
 * Which berth do they hold? Opens the pins' carriers before anything can end a request, and writes them back after
 * everything that can change them: a move, a login on a page of ours or of an origin's, a logout.
 */
import type { MiddlewareHandler } from 'hono';
import type { Settings } from '../config/settings.ts';
import type { Exchange } from '../context.ts';
import { createAffinity } from './affinity.ts';
import { carriersOf } from './carriers.ts';
import type { Pins } from './pin.ts';

export function affinityStep({ settings, pins }: { settings: Settings; pins: Pins }): MiddlewareHandler<Exchange> {
  const carriers = carriersOf(settings.pools.values());

  return async (c, next) => {
    const { client, session } = c.env;
    const request = c.req.raw.headers;
    const affinity = createAffinity({ pins, carriers, request, cameWith: session.provenFamily, now: client.now });
    c.env.affinity = affinity;
    await next();
    const { headers } = c.res;
    if (session.transition()?.kind === 'ended') await affinity.settleEnded(headers);
    else await affinity.settle(headers, await session.familyAfterwards());
  };
}
