import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

test('docs/observability.md lists every series of /metrics, and no others', () => {
  const page = readFileSync(join(root, 'docs/observability.md'), 'utf8');
  const listed = [...page.matchAll(/^\| (`berth_[^|]*) \|/gm)].flatMap(([, cell]) =>
    [...(cell as string).matchAll(/`(berth_\w+)`/g)].map(([, name]) => name),
  );
  const written = globSync('shared/**/*.ts', { cwd: root }).flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(/\bberth_[a-z0-9_]+/g)].map(([name]) => name),
  );
  // A histogram's own members.
  const names = written.filter((name) => !/_(?:sum|count|bucket)$/.test(name));
  expect(listed.toSorted()).toEqual([...new Set(names)].toSorted());
});
