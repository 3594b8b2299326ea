import { expect, it } from 'vitest';
import type { OriginOutcome, OriginRequest, Platform } from '../../../../shared/platform.ts';
import { askOrigin } from '../../../../shared/routing/health/ask-origin.ts';
import { eu, noon, poolOf } from '../../../support/pools.ts';

const standard = poolOf([eu]);
const pool = poolOf([eu], { health: { ...standard.health, probe: { ...standard.health.probe, timeoutMs: 20 } } });

async function ask(send: (request: OriginRequest) => Promise<OriginOutcome>, sleptMs = 0) {
  let now = noon;
  const platform = {
    now: () => now,
    async send(request: OriginRequest) {
      const answered = await send(request);
      now += sleptMs;
      return answered;
    },
  } as unknown as Platform;
  return await askOrigin(pool, eu, { method: 'GET', path: '/alive' }, { settings: { publicOrigins: [] }, platform });
}
const reply = (status: number): OriginOutcome => ({ kind: 'reply', status, response: new Response() });

it('an origin that replies is known by its status', async () => {
  expect(await ask(async () => reply(503))).toEqual({ kind: 'status', status: 503 });
});

it('an origin that refuses is silent', async () => {
  expect(await ask(async () => ({ kind: 'failed', sent: 'nothing', reason: 'ECONNREFUSED' }))).toEqual({
    kind: 'silent',
  });
});

it('an origin that does not answer in time is silent, also where nothing ends the request, and is let go', async () => {
  let aborted = false;
  const answer = await ask(({ signal }) => {
    signal?.addEventListener('abort', () => {
      aborted = true;
    });
    return new Promise(() => undefined);
  });
  expect([answer, aborted]).toEqual([{ kind: 'silent' }, true]);
});

it('an answer that came while this process slept says nothing', async () => {
  expect(await ask(async () => reply(503), 600)).toEqual({ kind: 'late' });
});
