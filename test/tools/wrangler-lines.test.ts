import { expect, test } from 'vitest';
import { createWranglerFilter } from '../../tools/wrangler-lines.ts';

const shown = (lines: readonly string[]) => lines.map(createWranglerFilter()).filter((line) => line !== null);

const start = [
  'Using secrets defined in .wrangler/run-1-x/variables.env',
  'Your Worker has access to the following bindings:',
  'env.SESSIONS (SESSIONS)      KV Namespace      local',
  '⎔ Starting local server...',
  '[wrangler:info] Ready on http://localhost:8787',
];

test('A start without trouble and the requests after it say nothing', () => {
  expect(shown([...start, '[wrangler:info] GET / 200 OK (3ms)', ''])).toEqual([]);
});

test('An error during the start is shown with the lines that belong to it', () => {
  expect(shown([...start.slice(0, 2), '✘ [ERROR] Could not resolve "x"', '', '    worker/index.ts:1:2'])).toEqual([
    '✘ [ERROR] Could not resolve "x"',
    '    worker/index.ts:1:2',
  ]);
});

test('What the Worker prints is shown, with errors and their stacks', () => {
  const lines = ['hello', '[wrangler:error] Error: boom', '    at fetch (index.ts:1:1)', '[wrangler:info] GET / 500'];
  expect(shown([...start, ...lines])).toEqual(lines.slice(0, 3));
});

test('What the runtime says of an unreachable origin is left to the gateway', () => {
  const lines = [
    '✘ [ERROR] e = rust/worker/ffi.rs:110: failed: name not known',
    '  stack: /x/bin/workerd@34dcea9 more',
  ];
  expect(shown([...start, ...lines])).toEqual([]);
});
