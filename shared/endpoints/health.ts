/** `healthz` and `readyz`, for load balancers and deploy scripts. They answer on any Host, before all other steps. */

import { devOverridesOf } from '../client/dev-overrides.ts';
import type { Settings } from '../config/settings.ts';
import { Failure } from '../errors.ts';
import { problemReply } from '../http/problem.ts';
import { logEvent } from '../log/events.ts';
import { failureReply } from '../log/failure-reply.ts';
import type { Ctx, Step } from '../pipeline.ts';
import type { Platform } from '../platform.ts';
import type { Locator } from '../session/store/records.ts';
import type { Store } from '../session/store/store.ts';
import { reasonOf, StoreUnfit } from '../session/store/unavailable.ts';
import { jsonReply } from './endpoint.ts';

export interface HealthParts {
  readonly settings: Settings;
  readonly platform: Platform;
  readonly store: Store | null;
}

export function healthStep({ settings, platform, store }: HealthParts): Step {
  const alive = `${settings.prefix}/healthz`;
  const ready = `${settings.prefix}/readyz`;
  const stateOf = createStoreState(store);

  return (c, next) => {
    const { path } = c.env.arrival;
    return path === alive || path === ready ? answer(c, path) : next();
  };

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
    const state = await stateOf(now);
    // Keys need no check: without valid keys the configuration is refused.
    const checks = { store: store ? state.shown : 'none', keys: 'ok', revision: settings.revision };
    const { warnings } = state;
    if (state.trouble === null) return jsonReply({ ready: true, checks, warnings });
    logEvent(platform, 'not-ready', { request_id: trail.requestId, reason: state.trouble }, state.at);
    return failureReply(
      new Failure('store_unavailable', state.trouble, { members: { ready: false, checks, warnings } }),
      trail.requestId,
      false,
    );
  }
}

/** `shown`: for every caller. `trouble`: for the log; `null`: the store works. */
interface StoreState {
  readonly at: number;
  readonly trouble: string | null;
  readonly shown: string;
  readonly warnings: readonly string[];
}

/** Any client may send any number of requests. So the store is read, and written, at most once in these times. */
const readForMs = 2_000;
const writtenForMs = 10_000;

function createStoreState(store: Store | null): (now: number) => Promise<StoreState> {
  let written: StoreState | null = null;
  let read: StoreState | null = null;

  return async (now) => {
    if (store === null) return { at: now, trouble: null, shown: 'none', warnings: [] };
    if (!isFresh(written, writtenForMs, now)) {
      written = await stateAfter(() => store.check(now), now);
      read = written;
    }
    if (written.trouble !== null) return written;
    if (!isFresh(read, readForMs, now)) {
      const { warnings } = written;
      read = await stateAfter(() => store.load(probed, now).then(() => warnings), now);
    }
    return read;
  };
}

const isFresh = (state: StoreState | null, forMs: number, now: number): state is StoreState =>
  state !== null && Math.abs(now - state.at) < forMs;

/** There is no such session: only whether the store answers counts. With a version, KV need not list (and count) anything. */
const probed: Locator = { sessionId: 'A'.repeat(22), subjectKey: null, version: 1 };

async function stateAfter(ask: () => Promise<readonly string[]>, at: number): Promise<StoreState> {
  try {
    return { at, trouble: null, shown: 'ok', warnings: await ask() };
  } catch (error) {
    const shown = error instanceof StoreUnfit ? error.message : 'unavailable';
    return { at, trouble: reasonOf(error), shown, warnings: [] };
  }
}
