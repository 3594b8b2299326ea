/** From what `gateway.config.ts` says to what the gateway works with: START HERE to see how a configuration is read. */
import type { Door } from '../platform.ts';
import { defaults } from './defaults.ts';
import type { GatewayDefinition } from './define.ts';
import { checkShape } from './draft.ts';
import { evaluate } from './evaluate.ts';
import { given } from './given.ts';
import type { Environment, GatewayInput } from './input.ts';
import { issueOf, redactor } from './issues.ts';
import { checkBuilt } from './not-built.ts';
import { resolvePublicOrigin, resolveRoute, resolveSession } from './resolve-parts.ts';
import { resolvePool } from './resolve-pool.ts';
import { revisionOf } from './revision.ts';
import { checkLogin } from './rules/login.ts';
import { checkPools } from './rules/pools.ts';
import { checkPublicOrigins } from './rules/public-origins.ts';
import { checkRoutes } from './rules/routes.ts';
import { checkSession, type Stores, storesOf } from './rules/session.ts';
import { readSecrets } from './secrets.ts';
import type { Issue, Secrets, Settings } from './settings.ts';

export type Reading =
  | { readonly kind: 'ok'; readonly settings: Settings }
  | { readonly kind: 'problems'; readonly problems: readonly Issue[] };

/**
 * Reads a configuration for one door. Everything that is wrong comes back at once, each with its path, its value where
 * that is no secret, and how to mend it. Never throws for anything a file or an environment can hold.
 */
export function readSettings(definition: GatewayDefinition, env: Environment, door: Door): Reading {
  const redact = redactor(env);
  const { secrets, issues: secretIssues } = readSecrets(env);
  const evaluation = evaluate(definition, env, redact);
  if (evaluation.kind === 'unusable') {
    return problems([evaluation.issue, ...secretIssues].map((issue) => issueOf(issue, redact)));
  }
  const { draft, issues: shapeIssues } = checkShape(evaluation.input, evaluation.unsetBehind);
  const issues = [
    ...shapeIssues,
    ...checkPublicOrigins(draft, env.DEV_HEADERS),
    ...checkSession(draft, door),
    ...checkPools(draft, door),
    ...checkRoutes(draft),
    ...checkLogin(draft),
    ...checkBuilt(draft),
    ...secretIssues,
  ];
  if (issues.length > 0) return problems(issues.map((issue) => issueOf(issue, redact)));
  return { kind: 'ok', settings: resolve(evaluation.input as GatewayInput, secrets, door, env.DEV_HEADERS === '1') };
}

const problems = (list: readonly Issue[]): Reading => ({ kind: 'problems', problems: list });

/** Of a configuration without problems. */
function resolve(input: GatewayInput, secrets: Secrets, door: Door, devHeaders: boolean): Settings {
  const stores = storesOf(input.session ?? {});
  const poolIds = Object.keys(input.pools);
  const session = resolveSession(input.session ?? {}, stores[door]);
  const cloudfront = input.trust?.cloudfront;
  const settings: Omit<Settings, 'door' | 'secrets' | 'revision'> = {
    publicOrigins: input.publicOrigins.map((origin) => resolvePublicOrigin(origin as string)),
    matching: input.matching ?? defaults.matching,
    prefix: input.prefix ?? defaults.prefix,
    trust: {
      proxies: input.trust?.proxies ?? [],
      cloudfrontSecret: cloudfront ? (cloudfront.secret as string) : null,
    },
    session,
    pools: new Map(poolIds.map((id) => [id, resolvePool(id, input.pools, poolIds.length, door)])),
    namedProbes: poolIds.filter((id) => input.pools[id]?.health?.probe?.path !== undefined),
    routes: input.routes.map((route, i) => resolveRoute(route, i + 1, poolIds, session.freshnessMs)),
    identity: { ...defaults.identity, data: [], ...given(input.identity ?? {}) },
    residencyClaim: input.residency?.claim ?? defaults.residency.claim,
    login:
      input.login && 'page' in input.login
        ? { kind: 'page', page: input.login.page, returnParam: input.login.returnParam ?? defaults.login.returnParam }
        : { kind: 'none' },
    statusClaims: input.status?.claims ?? defaults.status.claims,
    devHeaders,
  };
  return { door, ...settings, secrets, revision: revisionOf(withoutSecrets(settings, stores)) };
}

/** What names a configuration: the same on every door, and the same after a secret was changed. */
function withoutSecrets(settings: Omit<Settings, 'door' | 'secrets' | 'revision'>, stores: Stores): unknown {
  return {
    ...settings,
    trust: { ...settings.trust, cloudfrontSecret: settings.trust.cloudfrontSecret !== null },
    session: { ...settings.session, store: stores },
    pools: Object.fromEntries(
      [...settings.pools].map(([id, { commands, ...pool }]) => [
        id,
        { ...pool, commands: commands?.proof.kind === 'token' ? { ...commands, proof: 'token' } : commands },
      ]),
    ),
  };
}
