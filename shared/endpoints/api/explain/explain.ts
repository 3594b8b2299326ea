/**
 * `POST {prefix}/api/v1/explain`: where a request would go, and why. A dry run by the same functions that serve requests:
 * it begins, renews and ends no session, writes no pin, leaves every origin's health alone and counts no placement.
 */
import { createPublicHosts } from '../../../client/public-hosts.ts';
import type { Settings } from '../../../config/settings.ts';
import { Failure } from '../../../errors.ts';
import { createTrust, isCrossSite } from '../../../http/cross-site.ts';
import { readHeaders } from '../../../http/header-snapshot.ts';
import { isPreflight } from '../../../http/navigation.ts';
import type { Arrival } from '../../../platform.ts';
import { decide, type MatchedRoute, stateOf } from '../../../policy/decide.ts';
import { createMatcher } from '../../../policy/match.ts';
import { pinFor } from '../../../routing/pins/renewal.ts';
import { createRequestPins } from '../../../routing/pins/request-pins.ts';
import { createRestoring } from '../../../routing/pins/transports/restoring.ts';
import { transportsOf } from '../../../routing/pins/transports/transports.ts';
import { type ExplainedOrigin, explain as explainPlacement } from '../../../routing/placement/explain.ts';
import { createPlacementInputs } from '../../../routing/placement-inputs.ts';
import { noFingerprint } from '../../../session/request/fingerprint.ts';
import { readTransport } from '../../../session/request/transport.ts';
import type { SessionState } from '../../../session/session.ts';
import type { Strategy } from '../../../session/strategy/strategy.ts';
import { type Handler, jsonReply, type RoutingState } from '../../endpoint.ts';
import { readJson, requireScope } from '../request.ts';
import { type ExplainInput, readExplainInput } from './input.ts';
import { originHeaders } from './origin-headers.ts';

export interface ExplainReply {
  /** From 1; `null`: none matches. */
  readonly route: number | null;
  readonly session: string;
  /** This and `origin`: `null` if the request would reach no origin. */
  readonly pool: string | null;
  readonly origin: string | null;
  /** As in the access line; the code of the error if the request would reach no origin. */
  readonly because: string;
  readonly drawn: boolean;
  readonly ranking: readonly {
    readonly pool: string;
    readonly origin: string;
    readonly score: number;
    readonly state: string;
  }[];
  readonly request_headers: Readonly<Record<string, string>> | null;
}

export const explain: Handler = async (c, parts) => {
  await requireScope(c, parts, 'explain');
  const { settings, strategy, routing } = parts;
  const input = readExplainInput((await readJson(c)).value, createPublicHosts(settings.publicOrigins));
  return jsonReply(await explained(input, { settings, strategy, ...routing }, c.env.arrival, c.env.client.now));
};

interface Parts extends RoutingState {
  readonly settings: Settings;
  readonly strategy: Strategy;
}

async function explained(
  input: ExplainInput,
  parts: Parts,
  arrival: Pick<Arrival, 'defer'>,
  now: number,
): Promise<ExplainReply> {
  const { settings, pins, health, control } = parts;
  const { method, publicOrigin, path, headers, address, place } = input;
  const fields = readHeaders(headers);
  const match = createMatcher(settings.routes, settings.matching)({ path, method, host: publicOrigin.host });
  if (match.kind === 'bad-path') return refused(null, 'none', 'bad_path');
  if (match.kind === 'none') return refused(null, 'none', 'no_route');
  const { route } = match;
  const { crossSite, number } = route;
  const trusted = createTrust(settings.publicOrigins)(publicOrigin, crossSite);
  if (crossSite !== 'allow' && isCrossSite(method, fields, trusted)) return refused(number, 'none', 'cross_site');

  const isOff = route.session === 'off' || isPreflight(method, fields);
  const session = await lookAtSession(input, parts, route, isOff, now);
  const { recognition, provenId } = session;
  const state = isOff ? 'off' : stateOf(recognition);
  const decision = isOff ? allow : decide(route, recognition, now);
  if (decision.kind === 'unavailable') throw new Failure('store_unavailable', 'the session could not be checked');
  if (decision.kind === 'forbid') return refused(number, state, 'forbidden');
  if (decision.kind === 'challenge') return refused(number, state, decision.code);

  const requestPins = createRequestPins({
    pins,
    transports: transportsOf(settings.pools.values(), settings.publicOrigins),
    wraps: false,
    restoring: createRestoring([], new Set()),
    request: fields,
    path,
    session: { provenSessionId: () => provenId },
    now,
  });
  const { question, owner, controlRevision } = await createPlacementInputs({ settings, health, control })({
    arrival,
    client: { now, address, place },
    fields,
    route,
    recognition,
    sessionId: recognition.kind === 'rejected' ? null : provenId,
    pins: requestPins,
  });
  const { placement, drawn, origins } = explainPlacement(question);
  const ranking = rankingOf(origins);
  if (placement.kind === 'none') return { ...refused(number, state, placement.code), ranking };

  const [first, second] = placement.candidates;
  const previous = question.pin.kind === 'valid' || question.pin.kind === 'expired' ? question.pin.pin : null;
  const terms = { affinity: owner.affinity, revision: settings.revision, controlRevision, now };
  const affinity = {
    origin: first.origin.id,
    epoch: pinFor(previous, first, terms).epoch,
    next: second?.origin.id ?? null,
  };
  const active = recognition.kind === 'active' ? recognition.session : null;
  return {
    route: number,
    session: state,
    pool: first.pool.id,
    origin: first.origin.id,
    because: placement.because,
    drawn,
    ranking,
    request_headers: originHeaders(settings, input, now, active, isOff, affinity),
  };
}

const allow = { kind: 'allow' } as const;

const refused = (route: number | null, session: string, because: string): ExplainReply => ({
  route,
  session,
  pool: null,
  origin: null,
  because,
  drawn: false,
  ranking: [],
  request_headers: null,
});

/** The candidates first, in the order in which they would be tried; then the other origins as they rank. */
function rankingOf(origins: readonly ExplainedOrigin[]): ExplainReply['ranking'] {
  const position = ({ candidate }: ExplainedOrigin): number => candidate ?? Number.MAX_SAFE_INTEGER;
  return [...origins]
    .sort((a, b) => position(a) - position(b))
    .map(({ branch, id, score, ineligible }) => ({ pool: branch, origin: id, score, state: ineligible ?? 'eligible' }));
}

/** `provenId`: of the session that the credential proves, live or not. */
async function lookAtSession(
  { method, headers }: ExplainInput,
  { settings, strategy }: Parts,
  { freshnessMs }: MatchedRoute,
  isOff: boolean,
  now: number,
): Promise<{ readonly recognition: SessionState; readonly provenId: string | null }> {
  const { values } = readTransport(headers, settings.session.cookie.name);
  const promising = values.length > 1 ? await strategy.selectCandidates([...new Set(values)], now) : values;
  const [first] = promising;
  if (first === undefined) return { recognition: { kind: 'none' }, provenId: null };
  // As for introspection: it only looks, and the client that a session may be bound to is not here.
  const need = {
    now,
    freshnessMs,
    touch: false,
    passive: true,
    safeMethod: method === 'GET' || method === 'HEAD',
    client: () => noFingerprint,
  };
  let recognition: SessionState = { kind: 'none' };
  for (const value of isOff ? [] : promising) {
    const answer = await strategy.authenticate(value, need);
    if (answer.kind === 'active') {
      return { recognition: { kind: 'active', session: answer.session }, provenId: answer.session.sessionId };
    }
    if (answer.kind === 'unavailable') return { recognition: answer, provenId: null };
    if (recognition.kind === 'none') recognition = { kind: 'rejected', reason: answer.reason };
  }
  return { recognition, provenId: (await strategy.identify(first))?.sessionId ?? null };
}
