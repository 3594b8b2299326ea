/**
 * Commands: Session-* reply headers by which an origin begins, changes or ends the client's session.
 *
 * A command is ignored, with an event, when it is not proved, not in the pool's `commands.may`, not allowed on the
 * route, or when the reply comes from a cache. The reply still passes. A proved command that is malformed, over 4 KB, or
 * sets a reserved claim or one outside `commands.claims` fails the reply (502 `bad_command`): the origin has a bug.
 */
import type { CommandName, Commands, Pool, Route, Settings } from '../config/settings.ts';
import { isFromCache } from '../http/caching.ts';
import { isJsonObject, type JsonObject } from '../http/json.ts';
import { isShallow, parseIdentity } from '../session/identity.ts';
import type { Identity } from '../session/session.ts';
import type { DataPatch } from '../session/strategy/lifecycle.ts';
import { createTokenProof, type Prove } from './command-proof.ts';

export interface CommandedReply {
  /** As the origin sent them; `names` are their names in lower case. */
  readonly headers: Headers;
  readonly names: readonly string[];
  readonly status: number;
  readonly pool: Pool;
  readonly route: Route;
  readonly requestId: string;
  readonly now: number;
}

/** `because` is for the log. It names header and rule, never a value. */
export type ReadCommands =
  | { readonly kind: 'none' }
  | { readonly kind: 'ignored'; readonly because: string }
  | { readonly kind: 'malformed'; readonly because: string }
  | {
      readonly kind: 'commands';
      readonly issue: Identity | null;
      readonly update: DataPatch | null;
      readonly rotate: boolean;
      readonly end: EndScope | null;
      /** Why other commands of this reply were ignored. A bad one does not void the others: no logout may be lost. */
      readonly ignored: readonly string[];
    };
export type EndScope = 'current' | 'others' | 'all';

export type CommandReader = (reply: CommandedReply) => ReadCommands | Promise<ReadCommands>;

const headerOf: Readonly<Record<CommandName, string>> = {
  issue: 'Session-Issue',
  update: 'Session-Update',
  rotate: 'Session-Rotate',
  end: 'Session-End',
};
const commandNames = Object.keys(headerOf) as CommandName[];
/** For names in lower case. */
const isCommand = (name: string): boolean => name.startsWith('session-') && fields.has(name);
const fields: ReadonlySet<string> = new Set(Object.values(headerOf).map((name) => name.toLowerCase()));
const none: ReadCommands = { kind: 'none' };

/** The first status that says the request failed: its commands do not count. */
const firstFailureStatus = 400;

export function createCommandReader({
  pools,
  publicOrigins,
}: Pick<Settings, 'pools' | 'publicOrigins'>): CommandReader {
  const audiences = publicOrigins.map(({ origin }) => origin);
  const provers = new Map<string, Prove>();
  for (const { id, commands } of pools.values()) {
    if (commands) provers.set(id, createProof(commands.proof, audiences));
  }

  return (reply) => {
    const { headers, names, pool, status } = reply;
    if (!names.some(isCommand)) return none;
    const given = commandNames.filter((name) => headers.has(headerOf[name]));
    const prove = provers.get(pool.id);
    if (!pool.commands || !prove) return ignored('the pool has no commands configured');
    if (status >= firstFailureStatus) return ignored(`the reply's status is ${status}`);
    if (isFromCache(headers)) return ignored('the reply comes from a cache, or was meant for one');
    return readAll(given, reply, pool.commands, prove);
  };
}

const createProof = (proof: Commands['proof'], audiences: readonly string[]): Prove =>
  proof.kind === 'token' ? createTokenProof(proof.token) : loadedProof(proof.jwks.keys, audiences);

/** The first signed command loads the library that verifies signatures. */
function loadedProof(jwks: readonly JsonObject[], audiences: readonly string[]): Prove {
  let prove: Prove | null = null;
  return async (...args) => {
    prove ??= (await import('./jws-proof.ts')).createJwsProof(jwks, audiences);
    return prove(...args);
  };
}

const ignored = (because: string): ReadCommands => ({ kind: 'ignored', because });

async function readAll(
  given: readonly CommandName[],
  reply: CommandedReply,
  commands: Commands,
  prove: Prove,
): Promise<ReadCommands> {
  const accepted: Accepted = { issue: null, update: null, rotate: false, end: null };
  const ignoredBecause: string[] = [];
  let any = false;
  for (const name of given) {
    const value = reply.headers.get(headerOf[name]) as string;
    const refusal = forbiddenBecause(name, value, reply.route, commands);
    const proof =
      refusal === null ? await prove(name, value, reply) : ({ kind: 'unproven', because: refusal } as const);
    if (proof.kind === 'unproven') {
      ignoredBecause.push(`${headerOf[name]}: ${proof.because}`);
      continue;
    }
    const wrong = proof.kind === 'malformed' ? proof.because : accept(name, proof.content, commands, accepted);
    if (wrong !== null) return { kind: 'malformed', because: `${headerOf[name]}: ${wrong}` };
    any = true;
  }
  return any ? { kind: 'commands', ...accepted, ignored: ignoredBecause } : ignored(ignoredBecause.join('; '));
}

/** Why the command is ignored without a look at its proof, or `null`. */
function forbiddenBecause(name: CommandName, value: string, route: Route, { may }: Commands): string | null {
  // Two headers of one name arrive joined by a comma, and no command contains one.
  if (value.includes(',')) return 'sent more than once';
  if (!may.includes(name)) return 'the pool may not';
  return name === 'issue' && !route.issues ? 'the route does not issue sessions' : null;
}

type Accepted = { issue: Identity | null; update: DataPatch | null; rotate: boolean; end: EndScope | null };

const endScopes: readonly unknown[] = ['current', 'others', 'all'] satisfies EndScope[];

/** Puts a proved command into `accepted`. Returns what is wrong with it, or `null`. */
function accept(name: CommandName, content: unknown, { claims }: Commands, accepted: Accepted): string | null {
  if (name === 'issue') {
    const parsed = parseIdentity(content);
    if (parsed.kind === 'bad') return parsed.because;
    if (claims && Object.keys(parsed.identity.claims).some((claim) => !claims.includes(claim))) {
      return 'a claim that the pool may not set';
    }
    accepted.issue = parsed.identity;
  } else if (name === 'update') {
    if (!isJsonObject(content) || !isShallow(content)) return 'not a JSON object, or nested too deep';
    accepted.update = content;
  } else if (name === 'rotate') {
    if (typeof content !== 'boolean') return 'neither true nor false';
    accepted.rotate = content;
  } else {
    if (!endScopes.includes(content)) return 'not current, others or all';
    accepted.end = content as EndScope;
  }
  return null;
}
