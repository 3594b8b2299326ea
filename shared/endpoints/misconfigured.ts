/** A gateway whose configuration has errors. Loaded only then. */
import type { Issue } from '../config/settings.ts';
import { Failure } from '../errors.ts';
import type { Gateway } from '../gateway.ts';
import { wantsPage } from '../http/navigation.ts';
import { logEvent } from '../log/events.ts';
import { failureReply } from '../log/failure-reply.ts';
import type { Platform } from '../platform.ts';
import { jsonReply } from './endpoint.ts';

/** Serves no requests, because a configuration with errors could grant access to the wrong clients. */
export function createMisconfiguredGateway(problems: readonly Issue[], platform: Platform): Gateway {
  let hasLogged = false;
  return {
    async handle(request) {
      if (!hasLogged) logEvent(platform, 'misconfigured', { problems });
      hasLogged = true;
      return misconfiguredReply(request);
    },
    everyMinute: async () => {},
  };
}

const notReady = { ready: false, checks: { configuration: 'misconfigured' }, warnings: [] };

/**
 * The reply of a gateway whose configuration has errors. It does not know its prefix, so it checks only how the path ends.
 * `/healthz` itself has no prefix: it belongs to the application.
 */
async function misconfiguredReply({ method, url, headers }: Request): Promise<Response> {
  const { pathname } = new URL(url);
  const isAsked = method === 'GET' || method === 'HEAD';
  if (isAsked && pathname.endsWith('/healthz') && pathname !== '/healthz') return jsonReply({ status: 'ok' });
  const requestId = crypto.randomUUID();
  const members = isAsked && pathname.endsWith('/readyz') ? notReady : {};
  const reply = await failureReply(
    new Failure('misconfigured', 'the reason is in the log', { members }),
    requestId,
    wantsPage(headers),
  );
  reply.headers.set('x-request-id', requestId);
  return reply;
}
