/** What happened? Writes the access line, counts, names the request to the client, and explains it to whoever may ask. */
import type { ServiceTokens } from '../client/service-token.ts';
import type { Settings } from '../config/settings.ts';
import type { Counting } from '../metrics/flush.ts';
import type { Step } from '../pipeline.ts';
import type { Platform } from '../platform.ts';
import type { MaybePromise } from '../time/maybe-promise.ts';
import { accessLine, writablePath } from './access-line.ts';
import { explained } from './explained.ts';

export function observeStep({
  settings,
  platform,
  serviceTokens,
  counting,
}: {
  settings: Settings;
  platform: Platform;
  serviceTokens: ServiceTokens;
  counting: Counting;
}): Step {
  return {
    there(c) {
      c.env.startedAt = platform.now();
      return undefined;
    },
    back(c, reply): MaybePromise<void> {
      const { trail, client, startedAt } = c.env;
      const { headers, status } = reply;
      headers.set('x-request-id', trail.requestId);
      const path = writablePath(c.env.arrival.path, settings.prefix);
      const tell = () => {
        const endedAt = platform.now();
        platform.log(accessLine(trail, { method: c.env.method, path, status, startedAt, endedAt }));
        counting.note(trail, status, endedAt - startedAt);
        counting.handOnWhenDue(endedAt, c.env.arrival);
      };
      const asked = c.env.fields?.get('session-explain') ?? null;
      if (asked === null || !client) return tell();
      return explained(trail, asked, client.address, serviceTokens, client.now).then((text) => {
        if (text !== null) headers.set('session-explained', text);
        tell();
      });
    },
  };
}
