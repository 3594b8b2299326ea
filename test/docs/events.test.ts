import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Names that are put together at run time: how the code spells them, and what they become. */
const composed: Readonly<Record<string, readonly string[]>> = { 'origin-${to}': ['origin-down', 'origin-up'] };

test('docs/observability.md lists every event that the code logs, and no others', () => {
  const page = readFileSync(join(root, 'docs/observability.md'), 'utf8');
  const table = /\| event \| meaning .*?\n\n/s.exec(page)?.[0] ?? '';
  const listed = [...table.matchAll(/^\| `([\w-]+)` \|/gm)].map(([, name]) => name);
  const logged = globSync(['shared/**/*.ts', 'worker/**/*.ts', 'lambda/**/*.ts'], { cwd: root })
    .flatMap((file) => [...readFileSync(join(root, file), 'utf8').matchAll(/\bevent: (?:'([\w-]+)'|`([^`]+)`)/g)])
    .flatMap(([, plain, template]) => (plain ? [plain] : (composed[template as string] ?? [template as string])));
  // The access line has a table of its own.
  expect(listed.toSorted()).toEqual([...new Set(logged)].filter((name) => name !== 'request').toSorted());
});
