/** Public origins, the session and routes with their defaults filled in and their durations counted. */
import { defaults } from './defaults.ts';
import { type Duration, durationMs } from './durations.ts';
import { given } from './given.ts';
import type { RouteInput, SessionInput } from './input.ts';
import type { PublicOrigin, Route, RouteTarget, SessionSettings } from './settings.ts';
import type { StoreKind } from './stores.ts';

export function resolvePublicOrigin(text: string): PublicOrigin {
  const { origin, host, protocol } = new URL(text);
  return { origin, host, scheme: protocol === 'http:' ? 'http' : 'https' };
}

export function resolveSession(input: SessionInput, store: StoreKind | null): SessionSettings {
  const standard = defaults.session;
  return {
    strategy: input.strategy ?? standard.strategy,
    store,
    cookie: { ...standard.cookie, ...given(input.cookie ?? {}) },
    idleMs: durationMs(input.idle ?? standard.idle),
    absoluteMs: durationMs(input.absolute ?? standard.absolute),
    rotate: {
      everyMs: durationMs(input.rotate?.every ?? standard.rotate.every),
      graceMs: durationMs(input.rotate?.grace ?? standard.rotate.grace),
    },
    freshnessMs: durationMs(input.freshness ?? standard.freshness),
    binding: resolveBinding(input.binding),
    limit: { ...standard.limit, ...given(input.limit ?? {}) },
    anonymous: input.anonymous ?? standard.anonymous,
    whenStoreIsDown: {
      safeMethodsMs: durationMs(input.whenStoreIsDown?.safeMethods ?? standard.whenStoreIsDown.safeMethods),
    },
  };
}

/** `device` is checked, and nothing acts on it yet. */
function resolveBinding(input: SessionInput['binding'] = {}): SessionSettings['binding'] {
  const { device: _, ...binding } = { ...defaults.session.binding, ...given(input) };
  return binding;
}

const maybeMs = (duration: Duration | undefined): number | null =>
  duration === undefined ? null : durationMs(duration);

export function resolveRoute(
  input: RouteInput,
  number: number,
  poolIds: readonly string[],
  freshnessMs: number,
): Route {
  const standard = defaults.route;
  return {
    number,
    host: input.host ?? null,
    methods: input.methods ?? null,
    path: input.path,
    target: resolveTarget(input.pool, poolIds),
    session: input.session ?? standard.session,
    maxAuthAgeMs: maybeMs(input.maxAuthAge),
    claims: input.claims ?? {},
    issues: input.issues ?? standard.issues,
    crossSite: resolveCrossSite(input.crossSite),
    cache: input.cache ?? standard.cache,
    regions: input.regions ?? null,
    freshnessMs: maybeMs(input.freshness) ?? freshnessMs,
    touch: input.touch ?? standard.touch,
    sockets: input.sockets ?? null,
    timeoutMs: maybeMs(input.timeout),
  };
}

const resolveCrossSite = (input: RouteInput['crossSite'] = defaults.route.crossSite): Route['crossSite'] =>
  typeof input === 'string' ? input : input.map((origin) => new URL(origin).origin);

/** Without a name it is the only pool: the check has seen to that. */
function resolveTarget(pool: RouteInput['pool'], poolIds: readonly string[]): RouteTarget {
  if (typeof pool === 'object') {
    return { branches: Object.entries(pool.split).map(([name, share]) => ({ pool: name, share })) };
  }
  return { branches: [{ pool: pool ?? (poolIds[0] as string), share: 1 }] };
}
