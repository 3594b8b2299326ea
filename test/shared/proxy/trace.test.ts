import { expect, test } from 'vitest';
import { traceOf } from '../../../shared/proxy/trace.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const parentId = 'b7ad6b7169203331';
const requestId = '6f1c2a52-0d3e-4b7a-9c11-5e8f7a6b3c2d';

test.each([
  [`00-${traceId}-${parentId}-00`, '00'],
  [`00-${traceId}-${parentId}-01`, '01'],
  [`00-${traceId}-${parentId}-ff`, '03'],
  [`cc-${traceId}-${parentId}-01`, '01'],
  [`cc-${traceId}-${parentId}-01-what-the-future-is-like`, '01'],
])('%s goes on under a parent of ours, version 00, with flags %s', (parent, flags) => {
  const trace = traceOf(parent, 'a=1', requestId);
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
  const trace = traceOf(parent, 'a=1', requestId);
  expect(trace.parent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  expect(trace.parent).not.toContain(traceId);
  expect(trace.state).toBeNull();
  expect(traceOf(parent, null, requestId).parent).not.toBe(trace.parent);
});

test('a trace that begins here is found by the id of its request, whichever origin is tried', () => {
  const [first, second] = [traceOf(null, null, requestId), traceOf(null, null, requestId)];
  const [, trace, parent] = first.parent.split('-');
  expect(trace).toBe(requestId.replaceAll('-', ''));
  expect(second.parent.split('-')[1]).toBe(trace);
  expect(second.parent.split('-')[2]).not.toBe(parent);
});

test.each(['lb-7f3a9c1e', '00000000-0000-0000-0000-000000000000', `${requestId}0`, requestId.toUpperCase()])(
  'an id %s, given by a proxy, is no trace',
  (id) => {
    const [first, second] = [traceOf(null, null, id), traceOf(null, null, id)].map(
      ({ parent }) => parent.split('-')[1],
    );
    expect(first).toMatch(/^(?!0+$)[0-9a-f]{32}$/);
    expect(second).not.toBe(first);
  },
);
