import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

test('docs/api.md lists every page and endpoint of the gateway, and no others', () => {
  const page = readFileSync(join(root, 'docs/api.md'), 'utf8');
  const listed = [...page.matchAll(/^\| (`\/[^|]*) \|/gm)].flatMap(([, cell]) =>
    [...(cell as string).matchAll(/`([^`]+)`/g)].map(([, path]) => path),
  );
  const routed = globSync('shared/endpoints/**/*.ts', { cwd: root }).flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(/\bpath: '([^']+)'/g)].map(([, path]) => path),
  );
  // Health checks answer before everything else, on any host.
  expect([...new Set(listed)].sort()).toEqual([...new Set([...routed, '/healthz', '/readyz'])].sort());
});
