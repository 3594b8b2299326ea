/**
 * Workers Cache (`cache.enabled`) answers for a Worker without running it. Its key is the URL and nothing of who asks, so a
 * gateway behind it hands one person's page to the next. A wrangler file that turns it on anywhere is not deployed.
 */
import { existsSync, readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { Problem } from '../shared/config/settings.ts';

/** As wrangler looks for them. All that are there are read: which one is deployed may have been said to wrangler alone. */
const usualNames = ['wrangler.json', 'wrangler.jsonc', 'wrangler.toml'];

/** The files that are there, for a working directory; `named` is what wrangler was told with `--config`. */
export const wranglerFiles = (folder: string, named: string | null): readonly string[] =>
  (named === null ? usualNames : [named]).map((name) => resolve(folder, name)).filter((file) => existsSync(file));

/** One for every place in these files that turns the cache on, or may. */
export async function cacheProblems(files: readonly string[]): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  for (const file of files) {
    // wrangler takes a second or two to load, and most files do not even have the word. `\u` may spell it.
    if (!/cache|\\u/i.test(readFileSync(file, 'utf8'))) continue;
    for (const place of enabledCaches(await read(file))) problems.push(problemAt(`${basename(file)}: ${place}`));
  }
  return problems;
}

/** By wrangler's own parsers. Throws for a file that is no TOML or JSON. */
async function read(file: string): Promise<unknown> {
  const { experimental_readRawConfig } = await import('wrangler');
  return experimental_readRawConfig({ config: file }).rawConfig;
}

/** For the Worker, its previews and its entrypoints; at the top and in each environment. */
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

const problemAt = (path: string): Problem => ({
  path,
  message:
    'would have Cloudflare answer in place of the gateway: the key of Workers Cache holds neither Host, Cookie nor Authorization, so one person gets the page of another',
  remedy:
    "Take it out, or set it to false. What is the same for everybody is kept by a route with session: 'off' and cache: 'edge'.",
});
