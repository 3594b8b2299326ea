/**
 * START HERE: the whole request, one step per line, in the order things happen. Each step does its part on the way to the
 * origin and may finish it on the way back. Steps talk through `context.ts` only.
 */

import { createServiceTokens } from './client/service-token.ts';
import { clientStep } from './client/step.ts';
import type { Settings } from './config/settings.ts';
import { traitsOf } from './config/stores.ts';
import { newRequest, type UnfinishedRequest } from './context.ts';
import { createMacRing } from './crypto/key-ring.ts';
import { createSealer, type Sealer } from './crypto/seal.ts';
import type { DocumentName, SharedDocument } from './document/document.ts';
import { boundedDocument } from './document/with-timeout.ts';
import type { EndpointParts } from './endpoints/endpoint.ts';
import { healthStep } from './endpoints/health.ts';
import { pagesStep } from './endpoints/step.ts';
import { allowReading, createTrust } from './http/cross-site.ts';
import { wantsPage } from './http/navigation.ts';
import { createAssertions } from './identity/assertion.ts';
import { type EventFields, logEvent } from './log/events.ts';
import { failureOf, failureReply } from './log/failure-reply.ts';
import { createEventEmitter } from './log/session-events.ts';
import { observeStep } from './log/step.ts';
import { createStoreObserver } from './log/store-observer.ts';
import { createCounting } from './metrics/flush.ts';
import type { SharedCounts } from './metrics/shared-counts.ts';
import { type Ctx, createApp } from './pipeline.ts';
import type { Arrival, Platform } from './platform.ts';
import { policyStep } from './policy/step.ts';
import { proxyStep } from './proxy/step.ts';
import { affinityStep } from './routing/affinity-step.ts';
import { createControlCache } from './routing/control/cache.ts';
import { createHealth } from './routing/health/passive.ts';
import { createHealthReports } from './routing/health/report.ts';
import { createPins } from './routing/pins/sealed-pins.ts';
import { routingStep } from './routing/step.ts';
import type { EmitEvent } from './session/events.ts';
import { maxValueLengthFor } from './session/size.ts';
import { sessionStep } from './session/step.ts';
import { boundedStore } from './session/store/bounded-store.ts';
import { createRevocationCache } from './session/store/revocation-cache.ts';
import type { Store } from './session/store/store.ts';
import { createNextSecrets } from './session/stored/next-secret.ts';
import type { Strategy } from './session/strategy/strategy.ts';

export interface Gateway {
  /** Answers every request; never throws for anything a client, an origin or a store did. */
  handle(request: Request, arrival: Arrival): Promise<Response>;
  /** To be called once a minute: probes the origins, flushes the metrics, tidies the store. Throws if the results of probes cannot be stored. */
  everyMinute(): Promise<void>;
}

export interface GatewayParts {
  readonly settings: Settings;
  readonly platform: Platform;
  /** `null` only for the `token` strategy without a store. */
  readonly store: Store | null;
  /** Keeps the documents that all isolates share. `null`: no control at run time, and each process counts for itself. */
  readonly authority?: Authority | null;
}
export interface Authority {
  document(name: DocumentName): SharedDocument;
  /** In place of the document `counts`, where its writes would cost too much. */
  readonly counts?: SharedCounts;
  /** Whether the first request of an isolate waits for the control document. */
  readonly readsAtOnce: boolean;
}

export async function createGateway({
  settings,
  platform,
  store: bare,
  authority = null,
}: GatewayParts): Promise<Gateway> {
  const { secrets } = settings;
  const sealer = createSealer(secrets.seal);
  const pins = createPins(sealer);
  const health = createHealth();
  const healthReports = createHealthReports({ health, platform, settings });
  const documentOf = (name: DocumentName) => authority && boundedDocument(authority.document(name));
  const control = documentOf('control');
  const view = createControlCache({
    pools: settings.pools,
    control,
    platform,
    readsAtOnce: authority?.readsAtOnce ?? false,
  });
  const counting = createCounting({
    document: documentOf('counts'),
    counts: authority?.counts ?? null,
    platform,
    revision: settings.revision,
  });
  const { store: kind } = settings.session;
  const store =
    bare && kind
      ? boundedStore(bare, createStoreObserver(kind, platform, counting), traitsOf(kind).answersWithinMs)
      : null;
  const logChange = (fields: EventFields<'origin-controlled'>, at: number): void =>
    logEvent(platform, 'origin-controlled', fields, at);
  const assertions = createAssertions(secrets.assertion, issuerOf(settings));
  const serviceTokens = createServiceTokens(secrets.serviceTokens);
  const strategy = await strategyFor(settings, store, sealer, createEventEmitter(settings, platform));
  // Without a store only this isolate can remember what may happen once.
  const onceKeys = store ?? (await import('./session/store/memory-store.ts')).createMemoryStore();

  const pages: EndpointParts = {
    settings,
    strategy,
    sealer,
    serviceTokens,
    onceKeys,
    control: control && { control, view, logChange },
    routing: { pins, health, control: view },
    counting,
    jwks: assertions.publicJwks(),
  };

  const app = createApp();
  app.use(healthStep({ settings, platform, store }));
  app.use(observeStep({ settings, platform, serviceTokens, counting }));
  app.use(clientStep({ settings }));
  app.use(sessionStep({ settings, platform, strategy }));
  app.use(affinityStep({ settings, pins }));
  app.all(`${settings.prefix}/*`, pagesStep(pages));
  app.use(policyStep({ settings }));
  app.use(routingStep({ settings, health, control: view }));
  app.all('*', proxyStep({ settings, platform, healthReports, assertions }));
  app.onError(createReplyToFailure(settings));

  return {
    handle: (request, arrival) => Promise.resolve(app.fetch(request, newRequest(request, arrival))),
    async everyMinute() {
      const flushed = counting.flushNow(platform.now());
      const kept = keepStore(store, strategy, platform.now());
      try {
        if (!control) return;
        const { probeOrigins } = await import('./routing/health/probing.ts');
        await probeOrigins({ settings, platform, control, cache: view });
      } finally {
        await flushed;
        await kept;
      }
    },
  };
}

/** The store's work of every minute: what an isolate could not write yet, and rows that are over. Never throws. */
async function keepStore(store: Store | null, strategy: Strategy, now: number): Promise<void> {
  await strategy.unwritten.write(now);
  // An outage is told by the requests that need the store, and the next run does what this one could not.
  await store?.sweep(now).catch(() => {});
}

function createReplyToFailure(settings: Settings): (thrown: unknown, c: Ctx) => Promise<Response> {
  const trust = createTrust(settings.publicOrigins);
  return async (thrown, c) => {
    const failure = failureOf(thrown);
    const { trail, headers, client, fields, route }: UnfinishedRequest = c.env;
    trail.failure = { code: failure.code, reason: failure.reason };
    // Otherwise Hono would merge the headers of the earlier reply into this one.
    c.res = undefined;
    // The front page of another host would give the same error.
    const home = failure.code === 'misdirected' ? `${issuerOf(settings)}/` : '/';
    const reply = await failureReply(failure, trail.requestId, wantsPage(headers), home);
    if (client && fields) allowReading(reply.headers, fields, trust(client.publicOrigin, route?.crossSite));
    return reply;
  };
}

async function strategyFor(
  settings: Settings,
  store: Store | null,
  sealer: Sealer,
  emit: EmitEvent,
): Promise<Strategy> {
  const { session, secrets, identity } = settings;
  const common = {
    settings: session,
    shown: identity.data,
    ring: createMacRing(secrets.session),
    sealer,
    recent: createRevocationCache(),
    emit,
    maxValueLength: maxValueLengthFor(settings),
  };
  // A deployment uses one of them, and loads no other.
  if (session.strategy === 'token') {
    const { createTokenStrategy } = await import('./session/token/token-strategy.ts');
    return createTokenStrategy({ ...common, store, issuers: settings.publicOrigins.map(({ origin }) => origin) });
  }
  if (!store || session.store === null) throw new Error('stored sessions need a store');
  const { createStoredStrategy } = await import('./session/stored/stored-strategy.ts');
  return createStoredStrategy({
    ...common,
    store,
    traits: traitsOf(session.store),
    nextSecrets: createNextSecrets(secrets.seal),
  });
}

const issuerOf = (settings: Settings): string => (settings.publicOrigins[0] as { origin: string }).origin;
