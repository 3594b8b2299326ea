/** Our own pages: everything under the prefix, and nothing outside it. */
import { Failure } from '../errors.ts';
import { allowReading, createTrust, isCrossSite } from '../http/cross-site.ts';
import type { Asked, Step } from '../pipeline.ts';
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

export function endpointsStep(parts: EndpointParts): Step {
  const { prefix } = parts.settings;
  const trust = createTrust(parts.settings.publicOrigins);

  return {
    there(c) {
      const { path: pathname } = c.env.arrival;
      return pathname === prefix || pathname.startsWith(`${prefix}/`) ? answer(c, pathname) : undefined;
    },
  };

  async function answer(c: Asked, pathname: string): Promise<Response> {
    const found = find(pathname.slice(prefix.length) || '/');
    if (!found) throw new Failure('not_found', 'no such page under the prefix');
    const { endpoint, params } = found;
    const { method } = c.req;
    const handler = endpoint.methods[method === 'HEAD' ? 'GET' : method];
    if (!handler) {
      const allow = Object.keys(endpoint.methods).flatMap((name) => (name === 'GET' ? ['GET', 'HEAD'] : [name]));
      throw new Failure('method_not_allowed', `${method} is not for this page`, {
        headers: { allow: allow.join(', ') },
      });
    }
    // A read that must not be seen by another site is judged as if it could do harm.
    const judgedAs = endpoint.crossSite === 'refuse-reads-too' ? 'POST' : method;
    const isJudged = endpoint.crossSite !== 'allow';
    const trusted = trust(c.env.client.publicOrigin);
    if (isJudged && isCrossSite(judgedAs, c.env.fields, trusted)) {
      throw new Failure('cross_site', 'Sec-Fetch-Site or Origin names another site');
    }
    const reply = await handler(c, parts, params);
    // Who may ask for it may read what came of it. What was open to every site is for those who can show a credential.
    if (isJudged && judgedAs !== 'GET' && judgedAs !== 'HEAD') allowReading(reply.headers, c.env.fields, trusted);
    return method === 'HEAD' ? new Response(null, reply) : reply;
  }
}

function find(path: string): { endpoint: Endpoint; params: Record<string, string> } | null {
  const asked = path.split('/');
  for (const endpoint of endpoints) {
    const wanted = endpoint.path.split('/');
    if (wanted.length !== asked.length) continue;
    const params: Record<string, string> = {};
    const fits = wanted.every((segment, i) => {
      const given = asked[i] as string;
      if (!segment.startsWith(':')) return segment === given;
      const decoded = decodeSegment(given);
      if (decoded === null || decoded === '') return false;
      params[segment.slice(1)] = decoded;
      return true;
    });
    if (fits) return { endpoint, params };
  }
  return null;
}

function decodeSegment(segment: string): string | null {
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}
