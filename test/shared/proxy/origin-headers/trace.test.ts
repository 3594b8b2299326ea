import { expect, test } from 'vitest';
import { traceOf } from '../../../../shared/proxy/origin-headers/trace.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const parentId = 'b7ad6b7169203331';
const uuid = '6f1c2a52-0d3e-4b7a-9c11-5e8f7a6b3c2d';

test.each([
  [`00-${traceId}-${parentId}-00`, '00'],
  [`00-${traceId}-${parentId}-01`, '01'],
  [`00-${traceId}-${parentId}-ff`, '03'],
  [`cc-${traceId}-${parentId}-01`, '01'],
  [`cc-${traceId}-${parentId}-01-what-the-future-is-like`, '01'],
])('%s goes on under a parent of ours, version 00, with flags %s', (parent, flags) => {
  const trace = traceOf(parent, 'a=1', uuid);
  expect(trace.parent).toMatch(new RegExp(`^00-${traceId}-(?!${parentId})[0-9a-f]{16}-${flags}$`));
  expect(trace.state).toBe('a=1');
});

test.each([
  null,
  '',
  `00-${traceId}-${parentId}`,
  `00-${traceId}-${parentId}-01-more`,
  `00-${traceId}-${parentId}-01 `,
  `00-${traceId.toUpperCase()}-${parentId}-01`,
  `ff-${traceId}-${parentId}-01`,
  `00-${'0'.repeat(32)}-${parentId}-01`,
  `00-${traceId}-${'0'.repeat(16)}-01`,
  `cc-${traceId}-${parentId}-01.more`,
  `00-${traceId}-${parentId}-01, 00-${traceId}-${parentId}-01`,
])('%j is no trace: a new one begins, sampled', (parent) => {
  const trace = traceOf(parent, 'a=1', uuid);
  expect(trace.parent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  expect(trace.parent).not.toContain(traceId);
  expect(trace.state).toBeNull();
  expect(traceOf(parent, null, crypto.randomUUID()).parent).not.toBe(trace.parent);
});

test.each(['a=caf\u00e9', 'a=\ufffd', 'a=\u0001'])('a state that cannot be read is let go: %j', (state) => {
  expect(traceOf(`00-${traceId}-${parentId}-01`, state, uuid).state).toBeNull();
});

test('a trace that begins here is found by the id of its request, and its parent is the request whichever origin is tried', () => {
  const [first, second] = [traceOf(null, null, uuid), traceOf(null, null, uuid)];
  expect(first.parent.split('-')[1]).toBe(uuid.replaceAll('-', ''));
  expect(second.parent).toBe(first.parent);
});

test('two requests of one trace are two parents', () => {
  const given = `00-${traceId}-${parentId}-01`;
  const parents = [uuid, crypto.randomUUID()].map((id) => traceOf(given, null, id).parent.split('-')[2]);
  expect(parents[0]).not.toBe(parents[1]);
});
