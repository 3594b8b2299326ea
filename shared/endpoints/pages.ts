/**
 * Our own pages and the service API: a Hono app for all paths below the prefix. `step.ts` loads it with the first request for
 * one of them.
 */
import { Failure } from '../errors.ts';
import { allowReading, createTrust, isCrossSite } from '../http/cross-site.ts';
import type { App, Ctx } from '../pipeline.ts';
import { spending } from '../session/store/budget.ts';
import { explain } from './api/explain/explain.ts';
import { introspect } from './api/introspect.ts';
import { listOrigins, patchOrigin, readOrigin } from './api/origins.ts';
import { revoke } from './api/revocations.ts';
import { createSession, endSession, endSubject, listSubject, patchSession, readSession } from './api/sessions.ts';
import { endDevice, endOtherDevices, endOtherDevicesForm, listDevices, readDevice } from './devices.ts';
import { discovery, jwks } from './discovery.ts';
import type { Endpoint, EndpointParts } from './endpoint.ts';
import { handoff, handoffPage, handoffStart } from './handoff.ts';
import { home } from './home.ts';
import { login } from './login.ts';
import { logout, logoutForm } from './logout.ts';
import { me } from './me.ts';
import { metrics } from './operator/metrics.ts';
import { status } from './operator/status.ts';
import { refresh } from './refresh.ts';

const endpoints: readonly Endpoint[] = [
  { path: '/', methods: { GET: home }, crossSite: 'refuse' },
  { path: '/me', methods: { GET: me }, crossSite: 'refuse-reads-too' },
  { path: '/login', methods: { GET: login }, crossSite: 'refuse' },
  { path: '/logout', methods: { GET: logoutForm, POST: logout }, crossSite: 'refuse' },
  { path: '/refresh', methods: { POST: refresh }, crossSite: 'refuse' },
  { path: '/handoff', methods: { GET: handoffPage, POST: handoff }, crossSite: 'refuse' },
  { path: '/handoff/start', methods: { GET: handoffStart }, crossSite: 'refuse' },
  { path: '/sessions', methods: { GET: listDevices, DELETE: endOtherDevices }, crossSite: 'refuse-reads-too' },
  { path: '/sessions/others', methods: { POST: endOtherDevicesForm }, crossSite: 'refuse' },
  { path: '/sessions/:id', methods: { GET: readDevice, DELETE: endDevice }, crossSite: 'refuse-reads-too' },
  { path: '/jwks.json', methods: { GET: jwks }, crossSite: 'refuse' },
  { path: '/discovery', methods: { GET: discovery }, crossSite: 'refuse' },
  { path: '/status', methods: { GET: status }, crossSite: 'refuse' },
  { path: '/metrics', methods: { GET: metrics }, crossSite: 'refuse' },
  { path: '/api/v1/sessions', methods: { POST: createSession }, crossSite: 'allow' },
  {
    path: '/api/v1/sessions/:id',
    methods: { GET: readSession, PATCH: patchSession, DELETE: endSession },
    crossSite: 'allow',
  },
  { path: '/api/v1/subjects/:sub/sessions', methods: { GET: listSubject, DELETE: endSubject }, crossSite: 'allow' },
  { path: '/api/v1/explain', methods: { POST: explain }, crossSite: 'allow' },
  { path: '/api/v1/introspect', methods: { POST: introspect }, crossSite: 'allow' },
  { path: '/api/v1/revocations', methods: { POST: revoke }, crossSite: 'allow' },
  { path: '/api/v1/origins', methods: { GET: listOrigins }, crossSite: 'allow' },
  { path: '/api/v1/origins/:id', methods: { GET: readOrigin, PATCH: patchOrigin }, crossSite: 'allow' },
  { path: '/api/v1/origins/:pool/:id', methods: { GET: readOrigin, PATCH: patchOrigin }, crossSite: 'allow' },
];

/** Adds the pages to `app`, which sees paths without the prefix. */
export function createPages(app: App, parts: EndpointParts): App {
  const respond = createRespond(parts);
  for (const endpoint of endpoints) {
    const { path, methods } = endpoint;
    // For HEAD, Hono calls the GET handler and drops the body.
    for (const [method, handler] of Object.entries(methods)) {
      app.on(method, path, (c) => {
        if (!isDecodable(c.env.arrival.path)) throw notFound();
        return respond(c, endpoint, () => handler(c, boundedParts(parts, c), c.req.param()));
      });
    }
    const allow = Object.keys(methods).flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
    app.all(path, (c) => {
      throw new Failure('method_not_allowed', `${c.req.method} is not for this page`, {
        headers: { allow: allow.join(', ') },
      });
    });
  }
  app.notFound(() => {
    throw notFound();
  });
  // The gateway turns every failure into a reply.
  app.onError((error) => {
    throw error;
  });
  return app;
}

/** What a page asks the store for, within the budget of its request. */
const boundedParts = (parts: EndpointParts, { env: { storeBudget } }: Ctx): EndpointParts => ({
  ...parts,
  strategy: spending(parts.strategy, storeBudget),
  onceKeys: spending(parts.onceKeys, storeBudget),
});

type Respond = (c: Ctx, endpoint: Endpoint, handle: () => Response | Promise<Response>) => Promise<Response>;

function createRespond({ settings }: EndpointParts): Respond {
  const trust = createTrust(settings.publicOrigins);
  return async (c, { crossSite }, handle) => {
    if (crossSite === 'allow') return handle();
    const { fields, client } = c.env;
    // A read that other sites must not see is checked like a POST.
    const judgedAs = crossSite === 'refuse-reads-too' ? 'POST' : c.req.method;
    const trusted = trust(client.publicOrigin);
    if (isCrossSite(judgedAs, fields, trusted)) {
      throw new Failure('cross_site', 'Sec-Fetch-Site or Origin names another site');
    }
    const reply = await handle();
    // An origin that may send such a request may read the reply. A reply that every site may ask for is for clients that
    // show a credential.
    if (judgedAs !== 'GET' && judgedAs !== 'HEAD') allowReading(reply.headers, fields, trusted);
    return reply;
  };
}

const notFound = (): Failure => new Failure('not_found', 'no such page under the prefix');

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
