import { expect, it } from 'vitest';
import {
  admit,
  formatIndex,
  parseIndex,
  type SessionEntry,
} from '../../../../shared/session/strategy/session-index.ts';

const now = 1_000;
const entry = (sessionId: string, createdAt: number, endsAt = 10_000): SessionEntry => ({
  sessionId,
  createdAt,
  endsAt,
  label: 'Curl',
});
const nobody = new Set<string>();
const three = [entry('b', 2), entry('a', 1), entry('c', 3)];

it('a newcomer is added while there is room', () => {
  const admission = admit(three, entry('d', 4), { perSubject: 4, onLimit: 'refuse' }, nobody, now);
  expect(admission).toMatchObject({ kind: 'admitted', evicted: [] });
});
it('the oldest goes when there is none', () => {
  const admission = admit(three, entry('d', 4), { perSubject: 3, onLimit: 'evict-oldest' }, nobody, now);
  expect(admission).toMatchObject({ kind: 'admitted', evicted: ['a'] });
  expect(admission.kind === 'admitted' && admission.entries.map(({ sessionId }) => sessionId)).toEqual(['b', 'c', 'd']);
});
it('as many go as a lowered limit asks for', () => {
  const admission = admit(three, entry('d', 4), { perSubject: 1, onLimit: 'evict-oldest' }, nobody, now);
  expect(admission).toMatchObject({ evicted: ['a', 'b', 'c'] });
});
it('or the newcomer is refused', () => {
  expect(admit(three, entry('d', 4), { perSubject: 3, onLimit: 'refuse' }, nobody, now)).toEqual({ kind: 'full' });
});
it('what has ended takes no place', () => {
  const limit = { perSubject: 3, onLimit: 'refuse' } as const;
  expect(admit(three, entry('d', 4), limit, new Set(['b']), now)).toMatchObject({ kind: 'admitted', evicted: [] });
  expect(admit([...three, entry('x', 0, now)], entry('d', 4), { ...limit, perSubject: 4 }, nobody, now)).toMatchObject({
    kind: 'admitted',
    evicted: [],
  });
});
it('a roster is read as it was written', () => {
  expect(parseIndex(formatIndex(three))).toEqual(three);
});

it('an index of three thousand sessions fits into a row, with names as long as there is room for', () => {
  const named = (count: number, label: string) =>
    Array.from({ length: count }, (_, i) => ({ ...entry(String(i).padStart(22, '0'), 1e12), endsAt: 1e13, label }));
  const bytes = (text: string) => new TextEncoder().encode(text).length;
  for (const label of ['Firefox on Linux', 'x'.repeat(255), '名'.repeat(255)]) {
    const text = formatIndex(named(3_000, label));
    expect(bytes(text)).toBeLessThanOrEqual(280_000);
    expect(parseIndex(text)).toHaveLength(3_000);
  }
  expect(parseIndex(formatIndex(named(3_000, 'Firefox on Linux')))[0]?.label).toBe('Firefox on Linux');
  expect(parseIndex(formatIndex(named(3_000, 'x'.repeat(255))))[0]?.label).toBe('x'.repeat(24));
  expect(parseIndex(formatIndex(named(300, 'x'.repeat(255))))[0]?.label).toBe('x'.repeat(255));
});
