import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { emptyTrail } from '../../shared/context.ts';
import { accessLine } from '../../shared/log/access-line.ts';
import { events } from '../../shared/log/events.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = readFileSync(join(root, 'docs/observability.md'), 'utf8');

/** The rows below a table's head, each a list of cells. */
function table(head: string): string[][] {
  const from = page.indexOf(`\n${head}\n`);
  expect(from, head).toBeGreaterThan(0);
  const rows =
    page
      .slice(from + 1)
      .split('\n\n')[0]
      ?.split('\n')
      .slice(2) ?? [];
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

const codes = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name as string);

test('docs/observability.md lists every event of the log with its fields, and no others', () => {
  const listed = table('| event | meaning | fields |').map(([event, , fields]) => [
    codes(event as string)[0],
    codes(fields as string).toSorted(),
  ]);
  const inCode = Object.entries(events).map(([event, fields]) => [event, fields.toSorted()]);
  expect(Object.fromEntries(listed)).toEqual(Object.fromEntries(inCode));
  expect(listed).toHaveLength(inCode.length);
});

/** `probing.ts` puts these together from a part and the change. */
const isComposed = (event: string): boolean => event === 'origin-down' || event === 'origin-up';

test('every event of the list is written by the code', () => {
  const code = globSync(['shared/**/*.ts', 'worker/**/*.ts', 'lambda/**/*.ts'], { cwd: root })
    .filter((file) => file !== join('shared', 'log', 'events.ts'))
    .map((file) => readFileSync(join(root, file), 'utf8'))
    .join('\n');
  const unused = Object.keys(events).filter((event) => !isComposed(event) && !code.includes(`'${event}'`));
  expect(unused).toEqual([]);
});

test('docs/observability.md lists the fields of the access line', () => {
  const answered = { method: 'GET', path: '/', status: 503, startedAt: 0, endedAt: 1 };
  const line = accessLine(
    { ...emptyTrail(), stale: true, failure: { code: 'internal', reason: 'a reason' } },
    answered,
  );
  const listed = table('| field | meaning |').flatMap(([field]) => codes(field as string));
  expect(listed.toSorted()).toEqual(Object.keys(line).toSorted());
});
