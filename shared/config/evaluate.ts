/** Runs the configuration file against an environment, and notes what it looked for. */
import type { GatewayDefinition } from './define.ts';
import type { Environment } from './input.ts';
import { type Key, listed, type RawIssue, type Redact } from './issues.ts';

export type Evaluation =
  | {
      readonly kind: 'input';
      readonly input: unknown;
      /** Names of unset variables: the one that the value at `keys` comes from, or all that were read when it cannot be told. */
      unsetBehind(keys: readonly Key[]): readonly string[];
    }
  | { readonly kind: 'unusable'; readonly issue: RawIssue };

const maxMessageLength = 300;

export function evaluate(definition: GatewayDefinition, env: Environment, redact: Redact): Evaluation {
  if (typeof definition !== 'function') return { kind: 'input', input: definition, unsetBehind: () => [] };
  const unset = new Set<string>();
  const watched = answering(env, (name) => {
    unset.add(name);
    return undefined;
  });
  try {
    const input: unknown = definition(watched);
    if (input instanceof Promise) {
      input.catch(() => {});
      return unusable('is a promise', 'Return the settings themselves: the function cannot be async.');
    }
    return { kind: 'input', input, unsetBehind: (keys) => trace(definition, env, keys) ?? [...unset] };
  } catch (error) {
    const said = error instanceof Error ? `${error.name}: ${error.message}` : 'something that is no Error';
    const hint = unset.size > 0 ? ` Not set: ${listed(unset)}.` : '';
    return unusable(
      `could not be made, because its function threw ${redact(said).slice(0, maxMessageLength)}`,
      `Mend the function, or set the variables that it needs.${hint}`,
    );
  }
}

const unusable = (message: string, remedy: string): Evaluation => ({
  kind: 'unusable',
  issue: { keys: [], message, remedy },
});

/** The environment, with an answer for what is not in it. */
function answering(env: Environment, answer: (name: string) => string | undefined): Environment {
  return new Proxy(env, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      return value === undefined && typeof name === 'string' ? answer(name) : value;
    },
  });
}

/** Runs the function once more, with marked values for what is not set, and looks where the marks come out. */
function trace(
  definition: Extract<GatewayDefinition, (env: Environment) => unknown>,
  env: Environment,
  keys: readonly Key[],
): readonly string[] | null {
  try {
    let value: unknown = definition(answering(env, (name) => `<unset ${name}>`));
    for (const key of keys) value = (value as Record<Key, unknown>)[key];
    const name = typeof value === 'string' ? /^<unset (.+)>$/.exec(value)?.[1] : undefined;
    return name === undefined ? null : [name];
  } catch {
    return null;
  }
}
