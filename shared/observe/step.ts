/** What happened? Writes the access line, names the request to the client, and explains it to whoever may ask. */
import type { MiddlewareHandler } from 'hono';
import type { ClientFacts } from '../client/facts.ts';
import type { ServiceTokens } from '../client/service-token.ts';
import type { Exchange } from '../context.ts';
import type { Platform } from '../platform.ts';
import { accessLine } from './access-log.ts';
import { explained } from './explained.ts';

export function observeStep({
  platform,
  serviceTokens,
}: {
  platform: Platform;
  serviceTokens: ServiceTokens;
}): MiddlewareHandler<Exchange> {
  return async (c, next) => {
    const startedAt = platform.now();
    const trail = c.env.trail;
    await next();
    const { headers } = c.res;
    headers.set('x-request-id', trail.requestId);
    const client: ClientFacts | undefined = c.env.client;
    const asked = c.req.raw.headers.get('session-explain');
    if (asked !== null && client) {
      const text = await explained(trail, asked, client.address, serviceTokens, client.now);
      if (text !== null) headers.set('session-explained', text);
    }
    const path = c.env.url.pathname;
    platform.log(
      accessLine(trail, { method: c.req.method, path, status: c.res.status, startedAt, endedAt: platform.now() }),
    );
  };
}
