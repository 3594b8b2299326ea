/** Writes the access line, counts the request, and adds `X-Request-Id` and `Session-Explained` to the reply. */
import type { ServiceTokens } from '../client/service-token.ts';
import type { Settings } from '../config/settings.ts';
import type { UnfinishedRequest } from '../context.ts';
import type { Counting } from '../metrics/flush.ts';
import type { Step } from '../pipeline.ts';
import type { Platform } from '../platform.ts';
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
  return async (c, next) => {
    const startedAt = platform.now();
    c.env.startedAt = startedAt;
    await next();
    const { trail, client, fields, method, arrival }: UnfinishedRequest = c.env;
    const { headers, status } = c.res;
    headers.set('x-request-id', trail.requestId);
    const serviceToken = fields?.get('session-explain') ?? null;
    if (serviceToken !== null && client) {
      const text = await explained(trail, serviceToken, client.address, serviceTokens, client.now);
      if (text !== null) headers.set('session-explained', text);
    }
    const path = writablePath(arrival.path, settings.prefix);
    const endedAt = platform.now();
    platform.log(accessLine(trail, { method, path, status, startedAt, endedAt }));
    counting.note(trail, status, endedAt - startedAt);
    counting.flushWhenDue(endedAt, arrival);
  };
}
