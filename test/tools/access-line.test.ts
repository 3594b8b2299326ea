import { expect, test } from 'vitest';
import { formatLine } from '../../tools/access-line.ts';

const request = {
  event: 'request',
  at: new Date(2026, 10, 21, 14, 2, 11).toISOString(),
  request_id: 'r-1',
  method: 'GET',
  path: '/cart',
  status: 200,
  ms: 12.4,
  route: 4,
  origin: 'eu',
  because: 'pinned',
  attempts: 1,
  session: 'active',
};
const plain = { colours: false };
const words = (line: string | null) => line?.split(/\s{2,}/);

test('A request is one line that says when, what, how it went, where and why', () => {
  expect(words(formatLine(JSON.stringify(request), plain))).toEqual([
    '14:02:11',
    'GET',
    '/cart',
    '200',
    '12 ms',
    'eu',
    'pinned',
    'active',
  ]);
});

test('A failure shows its code and its reason, and how many origins were tried', () => {
  const failed = {
    ...request,
    status: 503,
    attempts: 3,
    origin: null,
    code: 'no_origin_available',
    reason: 'all are out',
  };
  expect(words(formatLine(JSON.stringify(failed), plain))?.slice(-5)).toEqual([
    '-',
    'pinned',
    'active',
    '3 attempts',
    'no_origin_available: all are out',
  ]);
});

test('Another event is a short line with its details', () => {
  const event = {
    event: 'session_begun',
    at: request.at,
    request_id: 'r-1',
    session_tag: 'f1',
    claims: { role: 'admin' },
  };
  expect(formatLine(JSON.stringify(event), plain)).toBe(
    '14:02:11  session_begun  session_tag=f1 claims={"role":"admin"}',
  );
});

test('A time in milliseconds reads the same as one in text', () => {
  const line = { ...request, at: Date.parse(request.at) };
  expect(formatLine(JSON.stringify(line), plain)).toBe(formatLine(JSON.stringify(request), plain));
});

test.each(['Ready on http://localhost:8787', '{broken', '{"no":"event"}', '[]', '', 'null'])(
  'What is no log line is left to others: %j',
  (line) => expect(formatLine(line, plain)).toBeNull(),
);

test('Control characters in a path cannot steer the terminal', () => {
  const line = formatLine(JSON.stringify({ ...request, path: '/\u001b[2Jgone\r\n' }), plain);
  expect(line).toContain('/\ufffd[2Jgone\ufffd\ufffd');
});

test('Colours appear only where they are asked for', () => {
  expect(formatLine(JSON.stringify(request), { colours: true })).toContain('\x1b[32m200\x1b[0m');
  expect(formatLine(JSON.stringify(request), plain)).not.toContain('\x1b');
});
