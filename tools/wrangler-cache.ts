/**
 * Refuses wrangler files that turn on Workers Cache (`cache.enabled`). The cache answers without running the Worker, and
 * its key is the URL alone. Behind it, one user could get the page of another.
 */
import { existsSync, readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { Issue } from '../shared/config/settings.ts';

/** The names that wrangler looks for. All existing files are checked, because wrangler may use any of them. */
const usualNames = ['wrangler.json', 'wrangler.jsonc', 'wrangler.toml'];

/** The existing files in a working directory; `named`: wrangler's `--config` argument. */
export const wranglerFiles = (folder: string, named: string | null): readonly string[] =>
  (named === null ? usualNames : [named]).map((name) => resolve(folder, name)).filter((file) => existsSync(file));

/** One problem for each place in these files that turns the cache on, or may do so. */
export async function cacheProblems(files: readonly string[]): Promise<readonly Issue[]> {
  const problems: Issue[] = [];
  for (const file of files) {
    // wrangler takes a second or two to load, and most files do not contain the word. An escape (`\u`) could spell it.
    if (!/cache|\\u/i.test(readFileSync(file, 'utf8'))) continue;
    for (const place of enabledCaches(await read(file))) problems.push(problemAt(`${basename(file)}: ${place}`));
  }
  return problems;
}

/** Uses wrangler's own parsers. Throws if the file is not valid TOML or JSON. */
async function read(file: string): Promise<unknown> {
  const { experimental_readRawConfig } = await import('wrangler');
  return experimental_readRawConfig({ config: file }).rawConfig;
}

/** Paths of enabled caches: of the Worker, its previews and its entrypoints, at the top level and in each environment. */
function enabledCaches(config: unknown): readonly string[] {
  const scopes = [['', config], ...membersOf(config, 'env')] as const;
  return scopes.flatMap(([name, scope]) =>
    [
      ['cache', member(scope, 'cache')] as const,
      ['previews.cache', member(member(scope, 'previews'), 'cache')] as const,
      ...membersOf(scope, 'exports').map(([path, entry]) => [`${path}cache`, member(entry, 'cache')] as const),
    ]
      .filter(([, cache]) => cache !== undefined && member(cache, 'enabled') !== false)
      .map(([path]) => `${name}${path}.enabled`),
  );
}

const member = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;

const membersOf = (value: unknown, name: string): readonly (readonly [path: string, member: unknown])[] =>
  Object.entries(member(value, name) ?? {}).map(([key, each]) => [`${name}.${key}.`, each]);

const problemAt = (path: string): Issue => ({
  path,
  message:
    'would let Cloudflare answer in place of the gateway: the key of Workers Cache contains neither Host, Cookie nor Authorization, so one user could get the page of another',
  remedy: "Remove it, or set it to false. To cache public pages, use a route with session: 'off' and cache: 'edge'.",
});
