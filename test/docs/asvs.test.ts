import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = 'docs/security.md';
const rows = [...readFileSync(join(root, page), 'utf8').matchAll(/^\| (\d+\.\d+\.\d+) \|.*\| (.*) \|$/gm)].map(
  ([, number, cell]) => ({
    number: number as string,
    shownBy: [...(cell as string).matchAll(/\[(.+?)\]\((.+?)\)/g)].map(([, title, file]) => ({
      title: title as string,
      file: file as string,
    })),
  }),
);

/** Federated sign-in is not built. */
const leftOut = ['7.1.3', '7.6.1'];
/** Requirements per section of ASVS 5.0.0. */
const sections: readonly (readonly [section: string, count: number])[] = [
  ['3.3', 5],
  ['7.1', 3],
  ['7.2', 4],
  ['7.3', 2],
  ['7.4', 5],
  ['7.5', 3],
  ['7.6', 2],
  ['9.1', 3],
  ['9.2', 4],
];

test('every requirement of the three parts has its row, once, but for those that are said to be left out', () => {
  const all = sections.flatMap(([section, count]) => Array.from({ length: count }, (_, i) => `${section}.${i + 1}`));
  expect(rows.map(({ number }) => number).sort()).toEqual(all.filter((number) => !leftOut.includes(number)).sort());
  const text = readFileSync(join(root, page), 'utf8');
  for (const number of leftOut) expect(text).toContain(number);
});

test.each(rows)('$number is shown by tests that are there', ({ shownBy }) => {
  expect(shownBy.length).toBeGreaterThan(0);
  for (const { title, file } of shownBy) {
    expect(readFileSync(join(root, dirname(page), file), 'utf8')).toContain(title);
  }
});
