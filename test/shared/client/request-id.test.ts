import { expect, it } from 'vitest';
import { requestIdOf } from '../../../shared/client/request-id.ts';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

it('a request gets an id of ours, whatever it brought', () => {
  expect(requestIdOf(null, true)).toMatch(uuid);
  expect(requestIdOf('from-a-stranger', false)).toMatch(uuid);
});

it('a trusted proxy may give it one, if it is well formed', () => {
  expect(requestIdOf('trace:1.2_3-4', true)).toBe('trace:1.2_3-4');
  for (const sent of ['short', 'with space', 'line\nbreak', 'x'.repeat(129), 'ünïcödé-id', '']) {
    expect(requestIdOf(sent, true)).toMatch(uuid);
  }
});
