/** What is to be sent to the origins for one request. Refuses a request that has been through this gateway before. */
import { createHeaderInterner } from '../cache/header-interner.ts';
import type { Pool, Settings } from '../config/settings.ts';
import type { OneRequest } from '../context.ts';
import { Failure } from '../errors.ts';
import { isWebSocketUpgrade } from '../http/cross-site.ts';
import { contentLengthOf } from '../http/headers.ts';
import { originUrl } from '../http/urls.ts';
import type { Assertions } from '../identity/assertion.ts';
import { createIdentityHeaders } from '../identity/headers.ts';
import type { Platform } from '../platform.ts';
import type { HealthReports } from '../routing/health/report.ts';
import type { Candidate } from '../routing/placement/types.ts';
import type { Session } from '../session/session.ts';
import { chain, type MaybePromise } from '../time/maybe-promise.ts';
import type { Job } from './forward.ts';
import { createOriginHeaders, type OriginHeaders, type OriginRequestFacts } from './origin-headers/build.ts';
import { gatewayIdOf, isLoop } from './origin-headers/loop.ts';

export interface PrepareParts {
  readonly settings: Settings;
  readonly platform: Platform;
  readonly healthReports: HealthReports;
  readonly assertions: Assertions;
}

export type Prepare = (request: OneRequest) => MaybePromise<Job>;

/** Part of the host's time that is kept for the reply: an error page is better than an invocation that is cut off. */
const reserveMs = 1_000;

export function createPrepare({ settings, platform, healthReports, assertions }: PrepareParts): Prepare {
  const originHeaders = createOriginHeaders(settings);
  const identityHeaders = createIdentityHeaders(settings.identity.headers);
  const gatewayId = gatewayIdOf(settings);
  const readRestored = createHeaderInterner();

  return (request) => {
    const { fields } = request;
    if (isLoop(fields, gatewayId)) throw new Failure('loop', 'CDN-Loop names this gateway');
    if (isWebSocketUpgrade(fields)) return prepareSocket(request);
    return chain(headersOf(request), (headersFor) => jobOf(request, headersFor));
  };

  async function prepareSocket(request: OneRequest): Promise<Job> {
    const { refuseSockets } = await import('./sockets/sockets.ts');
    refuseSockets(request.route, request.placement.candidates[0].pool, platform);
    return jobOf(request, await headersOf(request));
  }

  function jobOf(
    { arrival, client, fields, method, placement, route, startedAt }: OneRequest,
    headersFor: HeadersFor,
  ): Job {
    const { candidates } = placement;
    const leftMs = arrival.remainingMs?.() ?? null;
    return {
      candidates,
      method,
      body: arrival.body,
      contentLength: contentLengthOf(fields),
      hasIdempotencyKey: fields.has('idempotency-key'),
      clientGone: arrival.signal,
      timeoutMs: route.timeoutMs ?? candidates[0].pool.timeoutMs,
      maxMs: leftMs === null ? null : leftMs - reserveMs,
      report: healthReports.begin({ address: client.address, clockMs: client.now - startedAt, arrival }),
      isPinned: (candidate) => placement.isPinnedTo(candidate),
      requestFor(candidate) {
        const { headers, perRequest } = headersFor(candidate);
        return {
          url: originUrl(candidate.origin.url, arrival.path, arrival.rawQuery),
          headers,
          perRequest,
          host: candidate.pool.host === 'client' ? client.publicOrigin.host : null,
          edgeCache: route.cache === 'edge',
        };
      },
    };
  }

  function headersOf(request: OneRequest): MaybePromise<HeadersFor> {
    const { client, headers, pins, placement, route, session } = request;
    const current = session.current();
    const active = route.session !== 'off' && current.kind === 'active' ? current.session : null;
    return chain(assertionsFor(active, placement.candidates, client.now), (signed) =>
      chain(pins.restoreValues(headers), (incoming) => headersFrom(incoming, request, active, signed)),
    );
  }

  function headersFrom(
    incoming: Headers,
    { client, fields, headers, placement, route }: OneRequest,
    active: Session | null,
    signed: SignedAssertions,
  ): HeadersFor {
    const incomingFields = incoming === headers ? fields : readRestored(incoming);
    const identity = active ? identityHeaders(active) : noIdentity;
    const upgrade = isWebSocketUpgrade(fields);
    return (candidate) =>
      originHeaders(incoming, {
        fields: incomingFields,
        client,
        session: route.session === 'off' ? 'off' : active?.subject != null ? 'active' : 'anonymous',
        assertion: signed(candidate.pool),
        affinity: placement.affinityHeaderFor(candidate),
        identity,
        upgrade,
      });
  }

  /** One for each pool among the candidates, because each is an audience of its own. */
  function assertionsFor(
    session: Session | null,
    candidates: readonly [Candidate, ...Candidate[]],
    now: number,
  ): MaybePromise<SignedAssertions> {
    if (!settings.identity.assertion || session?.subject == null) return noAssertions;
    const [{ pool: first }] = candidates;
    if (candidates.some(({ pool }) => pool !== first)) return assertionForEach(session, candidates, now);
    return chain(assertions.assertionFor(session, first.id, now), (assertion) => () => assertion);
  }

  async function assertionForEach(
    session: Session,
    candidates: readonly Candidate[],
    now: number,
  ): Promise<SignedAssertions> {
    const signed = new Map<Pool, string | null>();
    for (const { pool } of candidates) {
      if (!signed.has(pool)) signed.set(pool, await assertions.assertionFor(session, pool.id, now));
    }
    return (pool) => signed.get(pool) ?? null;
  }
}

type HeadersFor = (candidate: Candidate) => OriginHeaders;
type SignedAssertions = (pool: Pool) => string | null;

const noIdentity: OriginRequestFacts['identity'] = [];
const noAssertions: SignedAssertions = () => null;
