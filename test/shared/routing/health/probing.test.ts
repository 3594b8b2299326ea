import { describe, expect, it } from 'vitest';
import type { Settings } from '../../../../shared/config/settings.ts';
import type { OriginOutcome, OriginRequest, Platform } from '../../../../shared/platform.ts';
import { createControlCache } from '../../../../shared/routing/control/cache.ts';
import { readDocument } from '../../../../shared/routing/control/control.ts';
import { probeOrigins } from '../../../../shared/routing/health/probing.ts';
import { createClock } from '../../../support/clock.ts';
import { createMemoryDocument } from '../../../support/memory-document.ts';
import { ap, eu, originOf, poolOf, us } from '../../../support/pools.ts';

const probe = { path: '/alive', timeoutMs: 50, up: 1, down: 1 };
const health = { ...poolOf([eu]).health, probe };

type Send = (request: OriginRequest) => Promise<OriginOutcome>;

async function round(send: Send, pool = poolOf([eu, us, ap], { health })) {
  const clock = createClock();
  const lines: unknown[] = [];
  const asked: OriginRequest[] = [];
  const platform: Platform = {
    door: 'worker',
    endsWhatIsLeft: true,
    relay: null,
    now: clock.now,
    log: (line) => void lines.push(line),
    send: (request) => {
      asked.push(request);
      return send(request);
    },
  };
  const pools = new Map([[pool.id, pool]]);
  const settings = { pools, publicOrigins: [{ host: 'shop.example' }] } as unknown as Settings;
  const control = createMemoryDocument();
  const cache = createControlCache({ pools, control, platform, readsAtOnce: true });
  await probeOrigins({ settings, platform, control, cache });
  const { revision, origins } = readDocument(await control.read());
  return { asked, lines, revision, down: Object.keys(origins).filter((key) => origins[key]?.probed?.down) };
}

const answering = (status: number): OriginOutcome => ({
  kind: 'reply',
  status,
  response: new Response(null, { status }),
});

describe('a round of probes', () => {
  it('asks every origin that is not off, and writes nothing when all are well', async () => {
    const off = originOf('off', { state: 'off' });
    const { asked, revision, lines } = await round(
      async () => answering(204),
      poolOf([eu, originOf('dr', { state: 'draining' }), off], { health }),
    );
    expect(asked.map(({ url }) => url)).toEqual(['https://eu.example/alive', 'https://dr.example/alive']);
    expect(asked[0]).toMatchObject({ method: 'GET', body: null, host: null, edgeCache: false });
    expect(revision).toBe(0);
    expect(lines).toEqual([]);
  });

  it.each([200, 301, 404, 499])('takes %i for a sign of life', async (status) => {
    expect((await round(async () => answering(status))).down).toEqual([]);
  });

  it('takes a 5xx, a failure and silence for none', async () => {
    const { down, lines } = await round(({ url, signal }) => {
      if (url.includes('eu.')) return Promise.resolve(answering(503));
      if (url.includes('us.')) return Promise.resolve({ kind: 'failed', sent: 'nothing', reason: 'ECONNREFUSED' });
      return new Promise((resolve) => {
        signal?.addEventListener('abort', () => resolve({ kind: 'failed', sent: 'unknown', reason: 'aborted' }));
      });
    });
    expect(down.sort()).toEqual(['app/ap', 'app/eu', 'app/us']);
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatchObject({ event: 'origin-down', pool: 'app' });
  });

  it('gives an origin the Host that its clients’ requests have', async () => {
    const { asked } = await round(async () => answering(200), poolOf([eu], { health, host: 'client' }));
    expect(asked[0]?.host).toBe('shop.example');
  });

  it('keeps to six connections at once, and lets go of each reply', async () => {
    let open = 0;
    let most = 0;
    let cancelled = 0;
    const many = Array.from({ length: 20 }, (_, i) => originOf(`o${i}`));
    await round(
      async () => {
        most = Math.max(most, ++open);
        await Promise.resolve();
        open--;
        const body = new ReadableStream({ cancel: () => void cancelled++ });
        return { kind: 'reply', status: 200, response: new Response(body) };
      },
      poolOf(many, { health }),
    );
    expect(most).toBe(6);
    expect(cancelled).toBe(20);
  });

  it('ends before the next one begins: who was not asked in time is left as it is', async () => {
    const many = Array.from({ length: 20 }, (_, i) => originOf(`o${i}`));
    const clock = createClock();
    const pool = poolOf(many, { health });
    const pools = new Map([['app', pool]]);
    let asked = 0;
    const platform: Platform = {
      door: 'lambda',
      endsWhatIsLeft: false,
      relay: null,
      now: clock.now,
      log: () => {},
      async send() {
        asked++;
        clock.advance(5_000);
        return answering(503);
      },
    };
    const control = createMemoryDocument();
    const cache = createControlCache({ pools, control, platform, readsAtOnce: true });
    await probeOrigins({ settings: { pools, publicOrigins: [] } as unknown as Settings, platform, control, cache });
    expect(asked).toBeLessThan(12);
    expect(Object.keys(readDocument(await control.read()).origins)).toHaveLength(asked);
  });
});
