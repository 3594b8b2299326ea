/** Finds the route, checks the session with the freshness that the route sets, and decides whether the client may use it. */
import { isGuarded } from '../config/rules/guarded.ts';
import type { Settings } from '../config/settings.ts';
import { Failure } from '../errors.ts';
import { createTrust, isCrossSite } from '../http/cross-site.ts';
import { isPreflight } from '../http/navigation.ts';
import type { Ctx, Next, Step } from '../pipeline.ts';
import type { CookieOutcome } from '../session/request/request-session.ts';
import type { SessionState } from '../session/session.ts';
import { chain, type MaybePromise } from '../time/maybe-promise.ts';
import { challenge } from './challenge.ts';
import { type Decision, decide, type MatchedRoute, stateOf } from './decide.ts';
import { createMatcher } from './match.ts';

/**
 * TRACE would echo the assertion and HttpOnly cookies (RFC 9110, section 9.3.8), TRACK likewise. CONNECT is for forward
 * proxies.
 */
const notPassedOn: ReadonlySet<string> = new Set(['TRACE', 'TRACK', 'CONNECT']);

export function policyStep({ settings }: { settings: Settings }): Step {
  const trust = createTrust(settings.publicOrigins);
  const match = createMatcher(settings.routes, settings.matching);

  return (c, next) => {
    const reply = answer(c);
    if (reply instanceof Promise) return replyOrNext(reply, next);
    return reply === undefined ? next() : Promise.resolve(reply);
  };

  /** A reply for a request that goes no further. */
  function answer(c: Ctx): MaybePromise<Response | undefined> {
    const { method, client, trail, session } = c.env;
    if (notPassedOn.has(method)) throw new Failure('not_supported', `${method} is not passed on`);
    const found = match({ path: c.env.arrival.path, method, host: client.publicOrigin.host });
    if (found.kind === 'bad-path') throw new Failure('bad_path', found.because);
    if (found.kind === 'none') throw new Failure('no_route', 'no route of the configuration matches');
    const { route } = found;
    c.env.route = route;
    trail.route = route.number;

    const { crossSite } = route;
    if (crossSite !== 'allow' && isCrossSite(method, c.env.fields, trust(client.publicOrigin, crossSite))) {
      throw new Failure('cross_site', 'Sec-Fetch-Site or Origin names another site');
    }
    if (route.session === 'off' || isPreflight(method, c.env.fields)) {
      trail.session = 'off';
      return undefined;
    }
    const { freshnessMs, touch } = route;
    return chain(session.authenticate({ freshnessMs, touch }), (state) => judged(c, route, state));
  }

  function judged(c: Ctx, route: MatchedRoute, state: SessionState): MaybePromise<Response | undefined> {
    const { session, trail } = c.env;
    trail.stale = session.isStale();
    const isNew = settings.session.anonymous && !isGuarded(route) && isStranger(state, session.outcome());
    if (isNew && !mayHoldSession(c)) return session.begin(null).then(() => judge(c, route, session.current()));
    return judge(c, route, state);
  }

  /** The browser may have withheld the cookie of a session, which a new one would replace. */
  function mayHoldSession({ env: { withheld, transport, method } }: Ctx): boolean {
    if (withheld.isDeviceTraffic) return true;
    return transport.kind !== 'bearer' && withheld.mayHold(settings.session.cookie.name, method);
  }

  function judge(c: Ctx, route: MatchedRoute, recognition: SessionState): Response | undefined {
    c.env.trail.session = stateOf(recognition);
    return refuse(decide(route, recognition, c.env.client.now), c, route, settings);
  }
}

function refuse(decision: Decision, c: Ctx, route: MatchedRoute, settings: Settings): Response | undefined {
  if (decision.kind === 'allow') return undefined;
  if (decision.kind === 'unavailable') throw new Failure('store_unavailable', 'the session could not be checked');
  if (decision.kind === 'forbid')
    throw new Failure('forbidden', `a claim that route ${route.number} asks for is missing`);
  const reason = decision.code === 'session_rejected' ? decision.reason : null;
  const { raw } = c.req;
  const asked = { method: c.env.method, headers: raw.headers, url: raw.url, publicOrigin: c.env.client.publicOrigin };
  const answer = challenge(decision.code, reason, asked, settings.login);
  if (answer.kind === 'refuse') throw answer.failure;
  c.env.trail.failure = { code: decision.code, reason: reason ?? 'sent to the login' };
  return new Response(null, { status: 303, headers: { location: answer.location, 'cache-control': 'no-store' } });
}

const replyOrNext = async (reply: Promise<Response | undefined>, next: Next) => (await reply) ?? next();

/** A rejected cookie that is kept does not count: a parallel reply may bring this client its new session. */
const isStranger = (recognition: SessionState, outcome: CookieOutcome): boolean =>
  recognition.kind === 'none' || (recognition.kind === 'rejected' && outcome.kind === 'clear');
