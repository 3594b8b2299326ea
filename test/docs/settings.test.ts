/** The reference in docs/configuration.md and what editors show on hover are both the TSDoc of the schema. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { API, type Checker, type Type } from 'typescript/unstable/sync';
import { describe, expect, test } from 'vitest';
import { page, settingRows, withTable } from '../../tools/config-table.ts';

const rows = settingRows();
const descriptions = new Map(rows.map(({ path, description }) => [path, description]));

describe('the reference of settings', () => {
  test('is what `npm run docs:config` writes', () => {
    const markdown = readFileSync(page, 'utf8');
    expect(withTable(markdown, rows) === markdown, 'run npm run docs:config').toBe(true);
  });

  test('has a row for every setting, with its bounds and its default', () => {
    expect(rows.length).toBeGreaterThan(100);
    expect(rows.find(({ path }) => path === 'pools.*.retry.maxBody')).toMatchObject({
      type: '0 to 4,194,304 bytes',
      default: '`65536`',
    });
  });
});

// TypeScript 7.0.2 keeps these comments in its checker and leaves them out of a hover over a mapped type
// (microsoft/typescript-go#3659); editors with 5.9 or 6 show them.
test('the type of gateway.config.ts carries the description of every setting', () => {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const api = new API({ cwd: root });
  try {
    const project = `${root}shared/tsconfig.json`;
    const file = `${root}shared/config/input.ts`;
    const checker = api.updateSnapshot({ openProjects: [project] }).getProject(project)?.checker as Checker;
    const symbol = checker.getSymbolAtPosition(file, readFileSync(file, 'utf8').indexOf('GatewayInput extends'));
    const seen = new Set<string>();
    const walk = (type: Type, path: string): void => {
      for (const form of (type.isUnionType() ? type.getTypes() : undefined) ?? [type]) {
        // The methods of text are no settings.
        if (checker.getPropertiesOfType(form).some(({ name }) => name === 'charAt')) continue;
        for (const { keyType, valueType } of checker.getIndexInfosOfType(form)) {
          const inside = checker.typeToString(keyType) === 'number' ? `${path}[]` : `${path}.*`;
          if (rows.some((row) => row.path.startsWith(`${inside}.`))) walk(valueType, inside);
        }
        for (const property of checker.getPropertiesOfType(form)) {
          const name = path === '' ? property.name : `${path}.${property.name}`;
          const description = descriptions.get(name);
          const comment = property.getDocumentationComment(checker).replaceAll('\n', ' ');
          // A form of `commands` excludes what another has.
          if (description === undefined || comment === '') continue;
          seen.add(name);
          expect(comment, name).toBe(description);
          walk(checker.getTypeOfSymbol(property) as Type, name);
        }
      }
    };
    walk(checker.getDeclaredTypeOfSymbol(symbol as never), '');
    expect([...descriptions.keys()].filter((path) => !seen.has(path))).toEqual([]);
  } finally {
    api.close();
  }
});
