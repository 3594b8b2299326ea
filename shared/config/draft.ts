/**
 * The configuration while it is being checked: its valid parts, so that one wrong setting does not keep the other checks
 * from running.
 */
import * as v from 'valibot';
import type { GatewayInput, OriginInput, PoolInput, RouteInput, SessionInput } from './input.ts';
import { isSecret, type Key, listed, type RawIssue } from './issues.ts';
import type { AffinityAttributes } from './schema/affinity.ts';
import { gatewaySchema } from './schema/gateway.ts';

/** What is there has the right type. What is missing was left out, or was wrong. */
export interface Draft {
  readonly publicOrigins?: readonly (string | undefined)[];
  readonly matching?: GatewayInput['matching'];
  readonly prefix?: string;
  readonly session?: SessionInput;
  readonly pools?: Readonly<Record<string, DraftPool | undefined>>;
  readonly routes?: readonly (DraftRoute | undefined)[];
  readonly login?: GatewayInput['login'];
  readonly identity?: GatewayInput['identity'];
  /** True when this setting, or a part of it, or a setting around it, was wrong. */
  isBroken(...keys: readonly Key[]): boolean;
}
export type DraftRoute = Partial<RouteInput>;
export type DraftPool = Partial<Omit<PoolInput, 'origins' | 'affinity'>> & {
  readonly origins?: readonly (Partial<OriginInput> | undefined)[];
  readonly affinity?: AffinityAttributes;
};

/** The names of the unset variables that a value may come from. */
export type UnsetBehind = (keys: readonly Key[]) => readonly string[];

export interface Shape {
  readonly draft: Draft;
  readonly issues: readonly RawIssue[];
  /** The settings with their defaults; `null` when there are issues. */
  readonly output: v.InferOutput<typeof gatewaySchema> | null;
}

export function checkShape(input: unknown, unsetBehind: UnsetBehind): Shape {
  const { success, output, issues: found = [] } = v.safeParse(gatewaySchema, input);
  const issues = found.map((issue) => rawIssueOf(issue, unsetBehind));
  const broken = issues.map(({ keys }) => keys);
  let kept: unknown = input;
  for (const keys of broken) kept = without(kept, cut(keys));
  const draft: Draft = {
    ...(typeof kept === 'object' ? (kept as object) : {}),
    isBroken: (...asked) => broken.some((keys) => asked.every((key, i) => i >= keys.length || key === keys[i])),
  };
  return { draft, issues, output: success ? output : null };
}

function rawIssueOf(issue: v.BaseIssue<unknown>, unsetBehind: UnsetBehind): RawIssue {
  const keys = (issue.path ?? []).map((item) => item.key as Key);
  const [message = '', remedy = ''] = issue.message.split('\n');
  // A rule found `undefined` as a value. Missing and unknown keys are reported by their object.
  const isUndefined = issue.input === undefined && issue.path?.at(-1)?.origin !== 'key' && keys.length > 0;
  if (!isUndefined) return { keys, message, remedy, value: issue.input };
  return {
    keys,
    message: isSecret(keys) ? 'is a secret that is undefined' : 'is undefined',
    remedy: howToSet(unsetBehind(keys), isSecret(keys)) ?? remedy,
  };
}

function howToSet(unset: readonly string[], secret: boolean): string | null {
  const [name, ...others] = unset;
  if (name === undefined) return null;
  const which = others.length === 0 ? name : `what it comes from (not set: ${listed(unset)})`;
  const onWorkers = secret
    ? `with 'npx wrangler secret put ${others.length === 0 ? name : 'NAME'}' for Workers`
    : 'under [vars] in wrangler.toml for Workers';
  return `Set ${which}: in .dev.vars here, ${onWorkers}, in the function's environment for Lambda.`;
}

/** What is taken out with a wrong value: the setting around it. Settings that depend on one another are taken out together. */
function cut(keys: readonly Key[]): readonly Key[] {
  const [section, , third] = keys;
  if (section === 'pools') return keys.slice(0, third === 'origins' ? 5 : 3);
  if (section === 'routes') return keys.slice(0, 3);
  return keys.slice(0, section === 'session' || section === 'publicOrigins' ? 2 : 1);
}

/** A copy without the value at `keys`. An element of a list becomes `undefined`, so that the others keep their numbers. */
function without(value: unknown, keys: readonly Key[]): unknown {
  const [key, ...rest] = keys;
  if (key === undefined || typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value)) return value.map((item, i) => (i === key ? without(item, rest) : item));
  if (!Object.hasOwn(value, key)) return value;
  const { [key]: part, ...others } = value as Record<Key, unknown>;
  return rest.length === 0 ? others : { ...others, [key]: without(part, rest) };
}
