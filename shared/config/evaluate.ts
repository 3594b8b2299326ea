/** Calls the configuration's function with the environment and notes which variables are not set. */
import type { GatewayDefinition } from './define.ts';
import type { Environment } from './environment.ts';
import { type Key, listed, type RawIssue, type Redact } from './issues.ts';

export type Evaluation =
  | {
      readonly kind: 'input';
      readonly input: unknown;
      /** The unset variable that the value at `keys` comes from, or all unset variables that were read when that is unknown. */
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
    const said = error instanceof Error ? `${error.name}: ${error.message}` : 'a value that is not an Error';
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

/** The environment, with a replacement for each variable that is not set. */
function answering(env: Environment, answer: (name: string) => string | undefined): Environment {
  return new Proxy(env, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      return value === undefined && typeof name === 'string' ? answer(name) : value;
    },
  });
}

/** Calls the function again with a marked value for each unset variable, and reads the mark at `keys`. */
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
