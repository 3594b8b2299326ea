import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { throughBothDoors } from '../support/doors.ts';

type OriginId = 'eu' | 'us' | 'ap';
interface Vector {
  readonly client: string;
  readonly weights: Readonly<Record<OriginId, number>>;
  readonly ranking: readonly OriginId[];
}
/** Written down once and computed apart from the gateway: what every isolate of either platform must come to. */
const { rankings } = JSON.parse(
  readFileSync(new URL('../shared/routing/placement/vectors.json', import.meta.url), 'utf8'),
) as {
  rankings: Vector[];
};

/** The pool that has these weights. Ids, because weights are no names. */
const poolOf = ({ weights: { eu, us, ap } }: Vector): string => `w${[eu, us, ap].join('-').replaceAll('.', '_')}`;
const pools = Object.fromEntries(rankings.map((vector) => [poolOf(vector), vector.weights]));

/** How a client is told apart that has this key: by its network or by a value of its own. */
function comesAs(key: string): { by: 'ip' | 'header'; ip: string | null; headers: Record<string, string> } | null {
  const network = /^([0-9a-f.:]+?)(?:0)?\/(?:24|56)$/.exec(key)?.[1];
  if (network !== undefined)
    return { by: 'ip', ip: network.includes(':') ? `${network}1` : `${network}9`, headers: {} };
  const value = /^x-session-id: (.*)$/.exec(key)?.[1];
  return value === undefined ? null : { by: 'header', ip: null, headers: { 'x-session-id': value } };
}
const seenFromOutside = rankings.flatMap((vector) => {
  const as = comesAs(vector.client);
  return as ? [{ ...vector, ...as }] : [];
});

const definition = `(() => {
  const weighted = ${JSON.stringify(pools)};
  const poolsBy = (name, by) => Object.entries(weighted).map(([id, weights]) => [name + '-' + id, {
    origins: base.pools.app.origins.map((origin) => ({ ...origin, weight: weights[origin.id] })),
    steer: 'weighted',
    // Nobody is ejected here: what is seen is the list alone.
    health: { failures: 100 },
    affinity: by,
  }]);
  const pools = Object.fromEntries([
    ...poolsBy('ip', { by: 'ip' }),
    ...poolsBy('header', { by: 'header', name: 'X-Session-ID', value: 'hash' }),
  ]);
  return {
    ...base,
    session: { strategy: 'token' },
    pools,
    routes: [
      ...Object.keys(pools).map((id) => ({ path: '/' + id + '/*', pool: id })),
      { path: '/*', pool: Object.keys(pools)[0] },
    ],
  };
})()`;

throughBothDoors('failover', { definition }, (world) => {
  it('has clients of both kinds to be seen with', () => {
    expect(new Set(seenFromOutside.map(({ by }) => by))).toEqual(new Set(['ip', 'header']));
    expect(new Set(seenFromOutside.map(({ ranking }) => ranking.join())).size).toBeGreaterThanOrEqual(6);
  });

  describe.each(seenFromOutside)('of $client under $weights', (vector) => {
    it(`goes from ${vector.ranking.join(' to ')}, and no further`, async () => {
      const { by, ip, headers, ranking } = vector;
      const client = world.client();
      client.ip = ip;
      const ask = () => client.ask(`/${by}-${poolOf(vector)}/x`, { headers });
      try {
        for (const [i, id] of ranking.entries()) {
          const reply = await ask();
          expect(reply.status).toBe(200);
          expect(reply.explained()).toMatchObject({ origin: id, attempts: String(i + 1) });
          const { headers: seen } = reply.json() as { headers: Record<string, string> };
          if (i === 0)
            expect(seen['session-affinity']).toMatch(new RegExp(`^origin=${id}, epoch=1, next=${ranking[1]}$`));
          await world.origins[id].kill();
        }
        expect((await ask()).status).toBe(502);
      } finally {
        await Promise.all(Object.values(world.origins).map((origin) => origin.revive()));
      }
    });
  });
});
