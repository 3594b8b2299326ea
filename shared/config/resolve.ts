/** How `gateway.config.ts` becomes the settings that the gateway works with. */
import type { InferOutput } from 'valibot';
import type { Door } from '../platform.ts';
import type { GatewayDefinition } from './define.ts';
import { checkShape } from './draft.ts';
import type { Environment } from './environment.ts';
import { evaluate } from './evaluate.ts';
import type { GatewayInput } from './input.ts';
import { type Issue, issueOf, type RawIssue, redactor } from './issues.ts';
import { revisionOf } from './revision.ts';
import { checkRules } from './rules/rules.ts';
import { affinityCookieOf, givenName } from './schema/affinity.ts';
import type { gatewaySchema } from './schema/gateway.ts';
import { hostAt } from './schema/pool.ts';
import type { Stores } from './schema/session.ts';
import { readSecrets } from './secrets.ts';
import type { Affinity, AffinityBy, Pool, Route, Secrets, Settings } from './settings.ts';

export type Reading =
  | { readonly kind: 'ok'; readonly settings: Settings }
  | { readonly kind: 'problems'; readonly problems: readonly Issue[] };

/**
 * Reads a configuration for one platform. All issues come back at once, each with its path, its value unless that could be
 * a secret, and how to fix it. Never throws, whatever the file and the environment contain.
 */
export function readSettings(definition: GatewayDefinition, env: Environment, door: Door): Reading {
  const redact = redactor(env);
  const invalid = (issues: readonly RawIssue[]): Reading => ({
    kind: 'problems',
    problems: issues.map((issue) => issueOf(issue, redact)),
  });
  const { secrets, issues: secretIssues } = readSecrets(env);
  const evaluation = evaluate(definition, env, redact);
  if (evaluation.kind === 'unusable') return invalid([evaluation.issue, ...secretIssues]);
  const { draft, output, issues: shapeIssues } = checkShape(evaluation.input, evaluation.unsetBehind);
  const issues = [...shapeIssues, ...checkRules(draft, door, env.DEV_HEADERS), ...secretIssues];
  if (output === null || issues.length > 0) return invalid(issues);
  const settings = resolve(output, evaluation.input as GatewayInput, secrets, door, env.DEV_HEADERS === '1');
  return { kind: 'ok', settings };
}

type Output = InferOutput<typeof gatewaySchema>;

/** Looks up what depends on the platform or on another setting. */
function resolve(output: Output, input: GatewayInput, secrets: Secrets, door: Door, devHeaders: boolean): Settings {
  const { stores, ...session } = output.session;
  const poolIds = Object.keys(output.pools);
  const settings: Omit<Settings, 'door' | 'secrets' | 'revision'> = {
    publicOrigins: output.publicOrigins,
    matching: output.matching,
    prefix: output.prefix,
    trust: {
      proxies: output.trust.proxies,
      cloudfrontSecret: output.trust.cloudfront ? output.trust.cloudfront.secret : null,
    },
    session: { ...session, store: stores[door] },
    pools: new Map(Object.entries(output.pools).map(([id, pool]) => [id, poolOf(id, pool, poolIds.length, door)])),
    namedProbes: poolIds.filter((id) => input.pools[id]?.health?.probe?.path !== undefined),
    routes: output.routes.map((route, i) => routeOf(route, i + 1, poolIds, session.freshnessMs)),
    identity: output.identity,
    residencyClaim: output.residency.claim,
    login: output.login ?? { kind: 'none' },
    statusClaims: output.status.claims,
    devHeaders,
  };
  return { door, ...settings, secrets, revision: revisionOf(withoutSecrets(settings, stores)) };
}

const poolOf = (id: string, pool: Output['pools'][string], poolCount: number, door: Door): Pool => ({
  id,
  ...pool,
  affinity: affinityOf(id, pool.affinity, poolCount),
  host: hostAt(pool.host, door),
});

function affinityOf(pool: string, affinity: Output['pools'][string]['affinity'], poolCount: number): Affinity {
  const { absoluteMs, idleMs, onFailure, first } = affinity;
  return { by: byOf(pool, affinity, poolCount), absoluteMs, idleMs, onFailure, first };
}

function byOf(pool: string, affinity: Output['pools'][string]['affinity'], poolCount: number): AffinityBy {
  const { by, value, domain, sameSite, partitioned, persistent, ipv4Prefix, ipv6Prefix } = affinity;
  // Where a way needs a name, the rules have required it.
  const name = (affinityCookieOf(pool, affinity, poolCount) ?? givenName(affinity)) as string;
  switch (by) {
    case 'cookie':
      return { kind: by, name, domain, sameSite, partitioned, persistent };
    case 'header':
      return { kind: by, name, value };
    case 'ip':
      return { kind: by, ipv4Prefix, ipv6Prefix };
    case 'origin-cookie':
      return { kind: by, name };
    default:
      return { kind: by };
  }
}

const routeOf = (
  { pool, ...route }: Output['routes'][number],
  number: number,
  poolIds: readonly string[],
  freshnessMs: number,
): Route => ({
  number,
  ...route,
  target: {
    branches:
      typeof pool === 'object' && pool !== null
        ? Object.entries(pool.split).map(([name, share]) => ({ pool: name, share }))
        : [{ pool: pool ?? (poolIds[0] as string), share: 1 }],
  },
  freshnessMs: route.freshnessMs ?? freshnessMs,
});

/**
 * What the revision depends on. It is the same on each platform, and the same after a secret was changed. Pins carry the
 * revision, so the names here stay as they are when a setting is renamed inside the gateway: `arms` are the branches.
 */
function withoutSecrets(settings: Omit<Settings, 'door' | 'secrets' | 'revision'>, stores: Stores): unknown {
  return {
    ...settings,
    trust: { ...settings.trust, cloudfrontSecret: settings.trust.cloudfrontSecret !== null },
    session: { ...settings.session, store: stores },
    routes: settings.routes.map(({ target, ...route }) => ({ ...route, target: { arms: target.branches } })),
    pools: Object.fromEntries(
      [...settings.pools].map(([id, { commands, ...pool }]) => [
        id,
        { ...pool, commands: commands?.proof.kind === 'token' ? { ...commands, proof: 'token' } : commands },
      ]),
    ),
  };
}
