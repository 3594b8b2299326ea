import { expect, test } from 'vitest';
import { wranglerVars } from '../../tools/wrangler-vars.ts';

test('The variables of wrangler.toml are read, and nothing of the other sections', () => {
  const toml = `name = "berth"
[vars]
ORIGIN_EU = "https://eu.example"  # a comment
# OLD = "x"
SAID = "\\"a\\""

[[kv_namespaces]]
binding = "SESSIONS"
`;
  expect(wranglerVars(toml)).toEqual({ ORIGIN_EU: 'https://eu.example', SAID: '"a"' });
});

test('The section may be last, or not there at all', () => {
  expect(wranglerVars('name = "berth"\n[vars]\nA = "1"')).toEqual({ A: '1' });
  expect(wranglerVars('name = "berth"\n')).toEqual({});
});
