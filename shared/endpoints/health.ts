/** `healthz` and `readyz`, for load balancers and deploy scripts. They answer on any Host, before all other steps. */

import { devOverridesOf } from '../client/dev-overrides.ts';
import type { Settings } from '../config/settings.ts';
import type { FailureCode } from '../errors.ts';
import { problemReply } from '../http/problem.ts';
import { logEvent } from '../log/events.ts';
import type { Ctx, Step } from '../pipeline.ts';
import type { Platform } from '../platform.ts';
import type { Store } from '../session/store/store.ts';
import { jsonReply } from './endpoint.ts';

/** Any client may send any number of requests. The store is checked at most once in this time. */
const rememberedMs = 2_000;

export interface HealthParts {
  readonly settings: Settings;
  readonly platform: Platform;
  readonly store: Store | null;
}

export function healthStep({ settings, platform, store }: HealthParts): Step {
  const alive = `${settings.prefix}/healthz`;
  const ready = `${settings.prefix}/readyz`;
  let known: { readonly trouble: string | null; readonly at: number } | null = null;

  return async (c, next) => {
    const { path } = c.env.arrival;
    return path === alive || path === ready ? answer(c, path) : next();
  };

  async function check(now: number): Promise<NonNullable<typeof known>> {
    const trouble = await storeTrouble(store, now);
    known = { trouble, at: now };
    return known;
  }

  async function answer(c: Ctx, path: string): Promise<Response> {
    const { trail } = c.env;
    const { method } = c.req;
    if (method !== 'GET' && method !== 'HEAD') {
      const refusal = problemReply({ code: 'method_not_allowed', requestId: trail.requestId });
      refusal.headers.set('allow', 'GET, HEAD');
      return refusal;
    }
    if (path === alive) return jsonReply({ status: 'ok' });
    // As for all requests, a development header may move the clock.
    const now = platform.now() + (settings.devHeaders ? devOverridesOf(c.env.headers).clockMs : 0);
    const isFresh = known !== null && Math.abs(now - known.at) < rememberedMs;
    const { trouble, at: checkedAt } = known && isFresh ? known : await check(now);
    if (trouble === null) {
      return jsonReply({ status: 'ready', store: store ? 'ok' : 'none', keys: 'ok', revision: settings.revision });
    }
    logEvent(platform, 'not-ready', { request_id: trail.requestId, reason: trouble }, checkedAt);
    return notReady('store_unavailable', trail.requestId);
  }
}

/** Keys need no check: without valid keys the configuration is refused. */
async function storeTrouble(store: Store | null, now: number): Promise<string | null> {
  try {
    await store?.check(now);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : 'store check failed';
  }
}

const notReady = (code: FailureCode, requestId: string): Response => problemReply({ code, requestId });
