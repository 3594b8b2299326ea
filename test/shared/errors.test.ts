import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { failureCodes, statusOf } from '../../shared/errors.ts';

it('docs/errors.md names every code with its status, and no others', () => {
  const docs = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
  const rows = [...docs.matchAll(/^\| `(\w+)` \| (\d{3}) \|/gm)].map(([, code, status]) => [code, Number(status)]);
  expect(rows).toEqual(failureCodes.map((code) => [code, statusOf(code)]));
});
