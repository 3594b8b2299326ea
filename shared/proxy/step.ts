/** There and back: sends the request on, carries out what the origin's reply commands, and passes the rest to the client. */

import { createHeaderInterner, memoizeByHeaders } from '../cache/header-interner.ts';
import type { Pool, Settings } from '../config/settings.ts';
import { Failure } from '../errors.ts';
import { isWebSocketUpgrade } from '../http/cross-site.ts';
import { listHeaders } from '../http/header-snapshot.ts';
import { contentLengthOf } from '../http/headers.ts';
import { isPreflight } from '../http/navigation.ts';
import type { Assertions } from '../identity/assertion.ts';
import type { LoadJwsProof } from '../identity/command-proof.ts';
import { createCommandReader } from '../identity/commands.ts';
import { createIdentityHeaders } from '../identity/headers.ts';
import type { Asked, Step } from '../pipeline.ts';
import type { Platform } from '../platform.ts';
import type { HealthReports } from '../routing/health/report.ts';
import type { Candidate } from '../routing/placement/types.ts';
import { applyCommands } from './commands.ts';
import { forward } from './forward.ts';
import { createRequestHeaders, type OriginRequestFacts } from './origin-headers/build.ts';
import { gatewayIdOf, isLoop } from './origin-headers/loop.ts';
import { replyTo } from './reply.ts';
import { createReplyHeaders } from './reply-headers.ts';
import { openSocket, refuseSockets } from './sockets/sockets.ts';
import { originUrl } from './target.ts';

export interface ProxyParts {
  readonly settings: Settings;
  readonly platform: Platform;
  readonly healthReports: HealthReports;
  readonly assertions: Assertions;
  readonly loadJwsProof: LoadJwsProof;
}

export function proxyStep({ settings, platform, healthReports, assertions, loadJwsProof }: ProxyParts): Step {
  const requestHeaders = createRequestHeaders(settings, platform.headersFrom);
  const replyHeaders = createReplyHeaders(settings);
  const readCommands = createCommandReader(settings, loadJwsProof);
  const identityHeaders = createIdentityHeaders(settings.identity.headers);
  const gatewayId = gatewayIdOf(settings);
  const readRequestHeaders = createHeaderInterner();
  const demandsOf = memoizeByHeaders((header) => ({
    loops: isLoop(header, gatewayId),
    upgrade: isWebSocketUpgrade(header),
    contentLength: contentLengthOf(header),
    hasIdempotencyKey: header.has('idempotency-key'),
    withCredentials: header.has('cookie') || header.has('authorization'),
  }));

  return { there };

  async function there(c: Asked): Promise<Response> {
    const { client, fields, route, session, pins, placement, trail } = c.env;
    const { method, arrival, headers: received } = c.env;
    const { loops, upgrade, contentLength, hasIdempotencyKey, withCredentials } = demandsOf(fields);
    if (loops) throw new Failure('loop', 'CDN-Loop names this gateway');
    if (upgrade) refuseSockets(route, placement.candidates[0].pool, platform);

    const recognition = session.current();
    const active = recognition.kind === 'active' ? recognition.session : null;
    const off = route.session === 'off';
    const vouched = settings.identity.assertion && !off && active?.subject != null ? active : null;
    // Of one pool, mostly: another one is another audience.
    const audiences: Pool[] = [];
    const signed: (string | null)[] = [];
    for (const { pool } of placement.candidates) {
      if (!vouched || audiences.includes(pool)) continue;
      const assertion = assertions.assertionFor(vouched, pool.id, client.now);
      audiences.push(pool);
      signed.push(assertion instanceof Promise ? await assertion : assertion);
    }

    const restored = pins.restoreValues(received);
    const incoming = restored instanceof Promise ? await restored : restored;
    const headersFor = (candidate: Candidate): Headers =>
      requestHeaders(incoming, {
        fields: incoming === received ? fields : readRequestHeaders(incoming),
        client,
        session: off ? 'off' : active?.subject != null ? 'active' : 'anonymous',
        assertion: signed[audiences.indexOf(candidate.pool)] ?? null,
        affinity: placement.affinityHeaderFor(candidate),
        identity: active ? identityHeaders(active) : nobody,
        upgrade,
      });

    const leftMs = arrival.remainingMs?.() ?? null;
    const outcome = await forward(
      {
        candidates: placement.candidates,
        method,
        body: arrival.body,
        contentLength,
        hasIdempotencyKey,
        clientGone: arrival.signal,
        timeoutMs: route.timeoutMs ?? placement.candidates[0].pool.timeoutMs,
        maxMs: leftMs === null ? null : leftMs - reserveMs,
        report: healthReports.begin({
          address: client.address,
          clockMs: client.now - c.env.startedAt,
          arrival,
        }),
        isHome: (candidate) => placement.isPinnedTo(candidate),
        requestFor: (candidate) => ({
          url: originUrl(candidate.origin.url, arrival.path, arrival.rawQuery),
          headers: headersFor(candidate),
          headersAgain: () => headersFor(candidate),
          host: candidate.pool.host === 'client' ? client.publicOrigin.host : null,
          edgeCache: route.cache === 'edge',
        }),
      },
      platform,
    );

    trail.attempts = outcome.attempts;
    const by = outcome.kind === 'reply' ? outcome.by : outcome.last;
    if (by !== placement.candidates[0]) trail.because = 'redispatched';
    trail.pool = by.pool.id;
    trail.origin = by.origin.id;
    trail.epoch = placement.affinityHeaderFor(by).epoch;
    if (outcome.kind === 'failed') {
      if (placement.refusesAfterFailure && outcome.code === 'origin_unreachable') {
        const { retryAfterSeconds } = placement.refusesAfterFailure;
        throw new Failure('pin_refused', outcome.reason, { headers: { 'retry-after': String(retryAfterSeconds) } });
      }
      throw new Failure(outcome.code, outcome.reason);
    }
    placement.servedBy = outcome.by;
    placement.servedWell = outcome.isBetter;
    const { response, status } = outcome;
    const passing = upgrade && status === 101 ? await openSocket(c, response, outcome.by.pool, platform) : response;
    const reply = replyTo(method, status, passing);
    const { headers } = reply;
    const replied = listHeaders(headers);
    pins.onReply(replied);
    const commands = readCommands({
      headers,
      names: replied.names,
      status,
      pool: outcome.by.pool,
      route,
      requestId: client.requestId,
      now: client.now,
    });
    if (commands instanceof Promise || commands.kind !== 'none')
      await applyCommands(await commands, c, reply, platform);
    // A preflight is nobody's, also where everything else needs a session: it came without one, and was let through.
    const personal =
      (route.session === 'required' && !isPreflight(method, fields)) ||
      recognition.kind === 'active' ||
      recognition.kind === 'rejected';
    replyHeaders(headers, { fields: replied, personal, withCredentials: withCredentials && !off && status !== 101 });
    return reply;
  }
}

const nobody: OriginRequestFacts['identity'] = [];

/** Of the host's own time, kept for the way back: a reply that says what was wrong is better than an invocation cut off. */
const reserveMs = 1_000;
