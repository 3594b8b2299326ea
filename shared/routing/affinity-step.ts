/**
 * Which berth do they hold? Opens the pins' carriers before anything can end a request, and writes them back after
 * everything that can change them: a move, a login on a page of ours or of an origin's, a logout.
 */
import type { Settings } from '../config/settings.ts';
import type { Step } from '../pipeline.ts';
import { chain, type MaybePromise } from '../time/maybe-promise.ts';
import { createRequestPins } from './pins/affinity.ts';
import type { Pins } from './pins/pin.ts';
import { createRestoring } from './pins/transports/restoring.ts';
import { transportsOf } from './pins/transports/transports.ts';

export function affinityStep({ settings, pins }: { settings: Settings; pins: Pins }): Step {
  const carriers = transportsOf(settings.pools.values(), settings.publicOrigins);
  const wrapping = [...carriers.values()].filter(({ reachesClient: reaches }) => reaches !== undefined);
  const wraps = wrapping.length > 0;
  const restoring = createRestoring(settings.pools.values(), new Set(wrapping.map(({ label }) => label)));

  return {
    there(c) {
      const { client, session, arrival, fields: request } = c.env;
      const { path } = arrival;
      c.env.pins = createRequestPins({
        pins,
        transports: carriers,
        wraps,
        restoring,
        request,
        path,
        session,
        now: client.now,
      });
      return undefined;
    },
    back(c, reply): MaybePromise<void> {
      const { pins: affinity, session } = c.env;
      if (!affinity) return;
      if (session.transition()?.kind === 'ended') return affinity.clearPins(reply.headers);
      return chain(session.sessionIdAfterReply(), (sessionId) => affinity.writePins(reply, sessionId));
    },
  };
}
