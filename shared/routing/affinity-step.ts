/** Reads the affinity pins before any step can end the request, and writes them after every step that can change them. */
import type { Settings } from '../config/settings.ts';
import type { Step } from '../pipeline.ts';
import { createRequestPins } from './pins/request-pins.ts';
import type { Pins } from './pins/sealed-pins.ts';
import { createRestoring } from './pins/transports/restoring.ts';
import { transportsOf } from './pins/transports/transports.ts';

export function affinityStep({ settings, pins }: { settings: Settings; pins: Pins }): Step {
  const transports = transportsOf(settings.pools.values(), settings.publicOrigins);
  const wrapping = [...transports.values()].filter(({ reachesClient }) => reachesClient !== undefined);
  const wraps = wrapping.length > 0;
  const restoring = createRestoring(settings.pools.values(), new Set(wrapping.map(({ label }) => label)));

  return {
    there(c) {
      const { client, session, arrival, fields: request } = c.env;
      const { path } = arrival;
      c.env.pins = createRequestPins({ pins, transports, wraps, restoring, request, path, session, now: client.now });
      return undefined;
    },
    async back(c, reply) {
      const { pins, session } = c.env;
      if (!pins) return;
      if (session.transition()?.kind === 'ended') await pins.clearPins(reply.headers);
      else await pins.writePins(reply, await session.sessionIdAfterReply());
    },
  };
}
