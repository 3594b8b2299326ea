import { expect, it } from 'vitest';
import { selectCandidates } from '../../../../shared/session/strategy/select-credentials.ts';

const claimed = (value: string, sessionId = value, age: readonly number[] = [1], isOver = false) => ({
  value,
  sessionId,
  age,
  isOver,
});

it('sessions are looked at in the order in which their cookies came', () => {
  expect(selectCandidates([claimed('b'), claimed('a')])).toEqual(['b', 'a']);
});

it('of one session the newest value counts, wherever it stands', () => {
  expect(selectCandidates([claimed('old', 'f', [1, 9]), claimed('other'), claimed('new', 'f', [2, 1])])).toEqual([
    'other',
    'new',
  ]);
  expect(selectCandidates([claimed('new', 'f', [1, 9]), claimed('old', 'f', [1, 8])])).toEqual(['new']);
});

it('the store is asked about two of them, and those that are over come last', () => {
  const over = claimed('over', 'over', [1], true);
  expect(selectCandidates([over, claimed('a'), claimed('b'), claimed('c')])).toEqual(['a', 'b', 'over']);
  expect(selectCandidates([over])).toEqual(['over']);
});
