/** Reads the affinity pins before any step can end the request, and writes them after every step that can change them. */
import type { Settings } from '../config/settings.ts';
import type { Step } from '../pipeline.ts';
import { chain } from '../time/maybe-promise.ts';
import { createRequestPins } from './pins/request-pins.ts';
import type { Pins } from './pins/sealed-pins.ts';
import { createRestoring } from './pins/transports/restoring.ts';
import { transportsOf } from './pins/transports/transports.ts';

export function affinityStep({ settings, pins }: { settings: Settings; pins: Pins }): Step {
  const transports = transportsOf(settings.pools.values(), settings.publicOrigins);
  const wrapping = [...transports.values()].filter(({ reachesClient }) => reachesClient !== undefined);
  const wraps = wrapping.length > 0;
  const restoring = createRestoring(settings.pools.values(), new Set(wrapping.map(({ label }) => label)));

  return async (c, next) => {
    const { client, session, arrival, fields: request } = c.env;
    const { path } = arrival;
    const now = client.now;
    const requestPins = createRequestPins({ pins, transports, wraps, restoring, request, path, session, now });
    c.env.pins = requestPins;
    await next();
    const written =
      session.transition()?.kind === 'ended'
        ? requestPins.clearPins(c.res.headers)
        : chain(session.sessionIdAfterReply(), (sessionId) => requestPins.writePins(c.res, sessionId));
    if (written) await written;
  };
}
