import { expect, it } from 'vitest';
import { requestIdOf } from '../../../shared/client/request-id.ts';

it('nothing that a stranger brings is taken for an id', () => {
  expect(requestIdOf(null, true)).toBeNull();
  expect(requestIdOf('from-a-stranger', false)).toBeNull();
});

it('a trusted proxy may give it one, if it is well formed', () => {
  expect(requestIdOf('trace:1.2_3-4', true)).toBe('trace:1.2_3-4');
  for (const sent of ['short', 'with space', 'line\nbreak', 'x'.repeat(129), 'ünïcödé-id', '']) {
    expect(requestIdOf(sent, true)).toBeNull();
  }
});
