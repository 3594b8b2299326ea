import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { version } from '../../shared/version.ts';
import { checkConfig } from '../../tools/check-config.ts';
import { privateFolder } from '../../tools/private-folder.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const pages = globSync(['*.md', 'docs/**/*.md', 'bench/*.md'], { cwd: root });
const textOf = (page: string) => readFileSync(join(root, page), 'utf8');
const manifest = JSON.parse(textOf('package.json')) as Record<string, Record<string, string>>;

/** What GitHub makes of a heading. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{Letter}\p{Number}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');
const anchorsOf = (page: string) =>
  [...textOf(page).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchorOf(heading as string));

describe.each(pages)('%s', (page) => {
  test('leads nowhere but to what is there', () => {
    const links = [...textOf(page).matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/g)];
    for (const [link, path, anchor] of links) {
      const target = path === '' ? page : join(dirname(page), path as string);
      expect(existsSync(join(root, target)), link).toBe(true);
      if (anchor !== undefined) expect(anchorsOf(target), link).toContain(anchor);
    }
  });

  test('names no npm script that does not exist', () => {
    for (const [, script] of textOf(page).matchAll(/npm run (?:-\S+ )?([\w:]+)/g)) {
      expect(Object.keys(manifest.scripts ?? {})).toContain(script);
    }
  });
});

test('the configuration in the README is good for both doors', async () => {
  const example = /```ts\n(export default .*?)```/s.exec(textOf('README.md'))?.[1];
  const folder = privateFolder();
  const config = join(folder, 'gateway.config.ts');
  writeFileSync(config, `import { defineGateway } from '${root}shared/config/define.ts';\n${example}`);
  try {
    const { problems, variables } = await checkConfig({}, { strictSecrets: false, config });
    expect(problems).toEqual([]);
    expect(variables).toContain('ORIGIN_TOKEN');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('every dependency has its reason in docs/architecture.md, and nothing else has', () => {
  const table = /\| package \|.*?\n\n/s.exec(textOf('docs/architecture.md'))?.[0] ?? '';
  const listed = [...table.matchAll(/^\| (`[^|]+) \|/gm)].flatMap(([, cell]) =>
    [...(cell as string).matchAll(/`([^`]+)`/g)].map(([, name]) => name),
  );
  const { dependencies, devDependencies, optionalDependencies } = manifest;
  expect(listed.sort()).toEqual(Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies }).sort());
});

test('every file and folder that docs/architecture.md draws is there', () => {
  const tree = /```\n(gateway\.config\.ts.*?)```/s.exec(textOf('docs/architecture.md'))?.[1] ?? '';
  let folder = '';
  let seen = 0;
  for (const [, indent, first] of tree.matchAll(/^( *)(\S+)/gm)) {
    if (indent === '') folder = (first as string).endsWith('/') ? (first as string) : '';
    const path = indent === '' ? (first as string) : folder + first;
    expect(existsSync(join(root, path)), path).toBe(true);
    seen++;
  }
  expect(seen).toBeGreaterThan(30);
});

test('package.json, its lockfile and the gateway name the same version', () => {
  expect(version).toBe(manifest.version);
  expect(JSON.parse(textOf('package-lock.json')).packages[''].version).toBe(version);
});
