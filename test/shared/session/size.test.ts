import { describe, expect, it } from 'vitest';
import { defineGateway } from '../../../shared/config/define.ts';
import { readSettings } from '../../../shared/config/resolve.ts';
import { createSealer } from '../../../shared/crypto/seal.ts';
import { createPins } from '../../../shared/routing/pins/sealed-pins.ts';
import { maxValueLengthFor } from '../../../shared/session/size.ts';
import { freshKeys } from '../../../tools/keys.ts';
import { sealKey } from '../../support/session-parts.ts';

async function settingsWith(pools: number) {
  const names = Array.from({ length: pools }, (_, i) => `pool-${i}`);
  const origins = [{ id: 'the-longest-id-of-any-origin-00', url: 'http://localhost:1', region: 'eu' }];
  const definition = defineGateway({
    publicOrigins: ['http://localhost:8787'],
    pools: Object.fromEntries(names.map((name) => [name, { origins }])),
    routes: [
      ...names.slice(1).map((pool) => ({ path: `/${pool}/*`, pool, session: 'optional' as const })),
      { path: '/*', pool: names[0] as string, session: 'optional' },
    ],
  });
  const env = { SESSION_KEYS: JSON.stringify(await freshKeys()), GATEWAY_TOKENS: '[]' };
  const read = readSettings(definition, env, 'worker');
  if (read.kind === 'problems') throw new Error(JSON.stringify(read.problems));
  return read.settings;
}

describe('what a client carries', () => {
  it.each([1, 2, 5, 8])(
    'with %i pools, the longest session and a pin for each stay within 3,500 bytes',
    async (count) => {
      const settings = await settingsWith(count);
      const pins = createPins(createSealer([sealKey()]));
      const end = 1_800_000_000_000;
      const cookies = [`${settings.session.cookie.name}=${'x'.repeat(maxValueLengthFor(settings))}`];
      for (const { id, origins, affinity } of settings.pools.values()) {
        const pin = {
          pool: id,
          branch: id,
          origin: origins[0]?.id as string,
          epoch: 99_999,
          revision: settings.revision,
        };
        const times = { issuedAt: end, idleEndsAt: end, absoluteEndsAt: end, controlRevision: 9_999_999 };
        if (affinity.by.kind !== 'cookie') throw new Error(affinity.by.kind);
        cookies.push(`${affinity.by.name}=${await pins.seal({ ...pin, ...times }, 'A'.repeat(22))}`);
      }
      expect(cookies.join('; ').length).toBeLessThanOrEqual(3_500);
    },
  );

  it('leaves an ordinary session room however many pools there are', async () => {
    expect(maxValueLengthFor(await settingsWith(40))).toBe(1_200);
  });
});
