import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hash } from '../../../../shared/routing/placement/hash.ts';
import { type Contender, rank, scoreOf } from '../../../../shared/routing/placement/rendezvous.ts';
import { clientKeys } from '../../../support/pools.ts';

interface Vectors {
  rankings: { client: string; weights: Record<string, number>; ranking: string[] }[];
}
const vectors = JSON.parse(readFileSync(new URL('./vectors.json', import.meta.url), 'utf8')) as Vectors;

const contendersOf = (...ids: string[]): Contender[] => ids.map((id) => ({ origin: { id }, hash: hash(id) }));
const equally = () => 1;
const clients = clientKeys(200_000).map(hash);
const homes = (ids: string[], weightOf: (id: string) => number = equally): string[] => {
  const contenders = contendersOf(...ids);
  return clients.map(
    (client) => rank(client, contenders, (entry) => weightOf(entry.origin.id), 1)[0]?.entry.origin.id as string,
  );
};
const idsOf = (ranking: readonly { entry: Contender }[]): string[] => ranking.map(({ entry }) => entry.origin.id);
const five = ['eu', 'us', 'ap', 'sa', 'af'];

describe('the ranking of origins for a client', () => {
  it.each(vectors.rankings)('of $client under $weights is the one every other machine comes to', (vector) => {
    const contenders = contendersOf(...Object.keys(vector.weights));
    const ranking = rank(hash(vector.client), contenders, (entry) => vector.weights[entry.origin.id] as number);
    expect(idsOf(ranking)).toEqual(vector.ranking);
  });

  it('moves no client of another origin when one leaves, and sends the leaver’s to their second choice', () => {
    const before = homes(five);
    const contenders = contendersOf(...five);
    const after = homes(['eu', 'us', 'sa', 'af']);
    for (const [i, home] of before.entries()) {
      const expected =
        home === 'ap' ? rank(clients[i] as (typeof clients)[0], contenders, equally, 2)[1]?.entry.origin.id : home;
      if (after[i] !== expected) expect.fail(`client ${i} went from ${home} to ${after[i]} instead of ${expected}`);
    }
  });

  it('moves clients only to the origin that joins', () => {
    const before = homes(['eu', 'us', 'sa', 'af']);
    const moved = homes(five).filter((home, i) => home !== before[i]);
    expect(new Set(moved)).toEqual(new Set(['ap']));
    expect(Math.abs(moved.length / clients.length - 1 / 5)).toBeLessThan(0.005);
  });

  it('moves clients only towards an origin whose weight grows', () => {
    const before = homes(five);
    const moved = homes(five, (id) => (id === 'us' ? 1.5 : 1)).filter((home, i) => home !== before[i]);
    expect(new Set(moved)).toEqual(new Set(['us']));
    expect(Math.abs(moved.length / clients.length - (1.5 / 5.5 - 1 / 5))).toBeLessThan(0.005);
  });

  it('gives every origin its share by weight', () => {
    const weights: Record<string, number> = { eu: 4, us: 3, ap: 2, sa: 1, af: 0.5 };
    const result = homes(five, (id) => weights[id] as number);
    for (const [id, weight] of Object.entries(weights)) {
      const share = result.filter((home) => home === id).length / clients.length;
      expect(Math.abs(share - weight / 10.5), id).toBeLessThan(0.005);
    }
  });

  it('shares a failed origin’s clients evenly among the others', () => {
    const contenders = contendersOf(...five);
    const seconds = clients
      .map((client) => idsOf(rank(client, contenders, equally, 2)))
      .filter(([first]) => first === 'eu')
      .map(([, second]) => second);
    for (const id of ['us', 'ap', 'sa', 'af']) {
      const share = seconds.filter((second) => second === id).length / seconds.length;
      expect(Math.abs(share - 1 / 4), id).toBeLessThan(0.012);
    }
  });

  it('does not depend on the order in which origins are written', () => {
    for (const client of clients.slice(0, 1_000)) {
      const backwards = rank(client, contendersOf(...five.toReversed()), equally);
      expect(idsOf(backwards)).toEqual(idsOf(rank(client, contendersOf(...five), equally)));
    }
  });

  it('leaves out whoever has no weight', () => {
    for (const weight of [0, -1, Number.NaN]) {
      const ranking = rank(hash('family-1'), contendersOf(...five), (entry) => (entry.origin.id === 'eu' ? weight : 1));
      expect(idsOf(ranking)).not.toContain('eu');
      expect(ranking).toHaveLength(4);
    }
  });

  it('cut short is the beginning of the whole', () => {
    for (const client of clients.slice(0, 1_000)) {
      const whole = rank(client, contendersOf(...five), equally);
      expect(rank(client, contendersOf(...five), equally, 2)).toEqual(whole.slice(0, 2));
      expect(whole.map(({ score }) => score)).toEqual(whole.map(({ score }) => score).toSorted((a, b) => b - a));
    }
  });

  it('puts the smaller id first when scores are equal', () => {
    const twins = ['b', 'a', 'c'].map((id) => ({ origin: { id }, hash: hash('same') }));
    expect(idsOf(rank(hash('family-1'), twins, equally))).toEqual(['a', 'b', 'c']);
  });

  it('doubles a score with the weight', () => {
    expect(scoreOf(hash('family-1'), hash('eu'), 2)).toBe(2 * scoreOf(hash('family-1'), hash('eu'), 1));
  });
});
