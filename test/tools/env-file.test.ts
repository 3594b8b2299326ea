import { parseEnv } from 'node:util';
import { expect, test } from 'vitest';
import { envFileText } from '../../tools/env-file.ts';

test('Quotes, lines, hashes and spaces come back as they were', () => {
  const variables = { JSON: '{"keys": [1]}\n{}', IT: "it's", HASH: ' a # b ', EMPTY: '', EQUALS: 'a=b==' };
  expect(parseEnv(envFileText(variables))).toEqual(variables);
});

test('A dollar is written so that it is not expanded', () => {
  expect(envFileText({ TOKEN: 'a$HOME' })).toBe("TOKEN='a\\$HOME'\n");
});

test.each(["both ' and `", 'ends with \\', 'null \0', 'return \r'])(
  'What cannot be written is refused by name: %j',
  (value) => {
    expect(() => envFileText({ SECRET: value })).toThrow(/^SECRET contains characters/);
  },
);
