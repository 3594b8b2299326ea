import { describe, expect, it } from 'vitest';
import { rankBranches } from '../../../../shared/routing/placement/branches.ts';
import { hash } from '../../../../shared/routing/placement/hash.ts';
import { clientKeys, eu, originOf, poolOf } from '../../../support/pools.ts';

const pools = new Map(['app', 'canary', 'blue'].map((id) => [id, poolOf([eu, originOf('next')], { id })]));
const clients = clientKeys(200_000).map(hash);
const branchesOf = (shares: Record<string, number>) =>
  Object.entries(shares).map(([id, share]) => ({ pool: pools.get(id) as ReturnType<typeof poolOf>, share }));
const sides = (shares: Record<string, number>): string[] =>
  clients.map((client) => rankBranches(client, branchesOf(shares), null)[0]?.pool.id as string);

describe('a split', () => {
  it('gives each side its share', () => {
    const canary = sides({ app: 90, canary: 10 }).filter((side) => side === 'canary').length;
    expect(Math.abs(canary / clients.length - 0.1)).toBeLessThan(0.003);
  });

  it('moves only the needed tenth when 10 become 20', () => {
    const before = sides({ app: 90, canary: 10 });
    const after = sides({ app: 80, canary: 20 });
    const moved = after.filter((side, i) => side !== before[i]);
    expect(new Set(moved)).toEqual(new Set(['canary']));
    expect(Math.abs(moved.length / clients.length - 0.1)).toBeLessThan(0.003);
  });

  it('of three sides moves clients only to the one whose number grows', () => {
    const before = sides({ app: 80, canary: 10, blue: 10 });
    const moved = sides({ app: 80, canary: 20, blue: 10 }).filter((side, i) => side !== before[i]);
    expect(new Set(moved)).toEqual(new Set(['canary']));
  });

  it('does not depend on the order of its sides, nor on the scale of its numbers', () => {
    const plain = sides({ app: 90, canary: 10 });
    expect(sides({ canary: 10, app: 90 })).toEqual(plain);
    expect(sides({ app: 9, canary: 1 })).toEqual(plain);
  });

  it('sends nobody to a side without a share, not even those it once had', () => {
    const branches = branchesOf({ app: 100, canary: 0 });
    expect(rankBranches(hash('family-1'), branches, 'canary').map(({ pool }) => pool.id)).toEqual(['app']);
  });

  it('keeps a client on the side that its pin names', () => {
    for (const client of clients.slice(0, 1_000)) {
      const order = rankBranches(client, branchesOf({ app: 90, canary: 10 }), 'canary').map(({ pool }) => pool.id);
      expect(order).toEqual(['canary', 'app']);
    }
  });
});
