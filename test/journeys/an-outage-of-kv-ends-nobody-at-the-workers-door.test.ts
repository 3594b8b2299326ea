import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../support/client.ts';
import type { KvMode } from '../support/switched-kv.ts';
import { type SwitchedWorker as Switched, startWorkerOnKv } from '../support/switched-worker.ts';
import { knock } from '../support/web-socket.ts';

type SwitchedWorker = Switched<KvMode>;

const session = '__Host-session';
/** Freshness is 120 s: one moment inside it, one beyond. */
const [fresh, stale] = [100, 150];
/** A call to the store ends after 2 s; the rest is a busy machine. */
const [deadlineMs, patienceMs] = [1_900, 4_500];
/** After a call without an answer, the store is not asked for 5 s. */
const breaker = { timeout: 15_000, interval: 500 };

const signedIn = async (worker: SwitchedWorker): Promise<Client> => {
  const client = worker.client();
  expect((await client.ask('/login', { form: { user: 'ada' } })).status).toBe(303);
  expect((await client.ask('/account')).status).toBe(200);
  return client;
};

/** Another holder of the same cookies. */
const copyOf = (worker: SwitchedWorker, { jar, clockSeconds }: Client): Client => {
  const copy = worker.client();
  for (const [name, value] of jar) copy.jar.set(name, value);
  copy.clockSeconds = clockSeconds;
  return copy;
};

const expectUnavailable = async (client: Client, method: string, path: string): Promise<void> => {
  const held = client.jar.get(session);
  const reply = await client.ask(path, { method });
  expect([method, path, reply.status, reply.json().code]).toEqual([method, path, 503, 'store_unavailable']);
  expect(reply.setCookies.filter((line) => line.startsWith(session))).toEqual([]);
  expect(client.jar.get(session)).toBe(held);
};

/** One story in order: KV is well, fails, is well again, hangs, and is well in the end. */
describe('an outage of KV at the door of the Worker', () => {
  let worker: SwitchedWorker;
  let reader: Client;
  let leaver: Client;
  beforeAll(async () => {
    worker = await startWorkerOnKv();
  });
  afterAll(() => worker?.close());

  it('begins with people whose sessions KV really holds', async () => {
    reader = await signedIn(worker);
    leaver = await signedIn(worker);
    const later = copyOf(worker, reader);
    later.clockSeconds = stale;
    expect((await later.ask('/account')).status).toBe(200);
    expect((await worker.client().ask('/.session/readyz')).status).toBe(200);
  });

  it('is told to load balancers', async () => {
    await worker.switchStore('fail');
    const later = worker.client();
    later.clockSeconds = 3;
    const ready = await later.ask('/.session/readyz');
    expect([ready.status, ready.json().code]).toEqual([503, 'store_unavailable']);
    expect((await worker.client().ask('/.session/healthz')).status).toBe(200);
  });

  it('is not noticed inside the freshness of a session, by any method', async () => {
    reader.clockSeconds = fresh;
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      const replies = [await reader.ask('/account', { method }), await reader.ask('/', { method })];
      expect([method, ...replies.map(({ status }) => status)]).toEqual([method, 200, 200]);
    }
    expect(reader.jar.has(session)).toBe(true);
  });

  // The cookie has noted activity in the meantime, as it does on KV. That must not count as having asked the store.
  it('refuses beyond it what needs the store, and takes no cookie away', async () => {
    reader.clockSeconds = stale;
    for (const path of ['/account', '/', '/.session/me']) await expectUnavailable(reader, 'GET', path);
    for (const path of ['/account', '/cart']) await expectUnavailable(reader, 'POST', path);
  });

  it('leaves strangers and routes without sessions alone', async () => {
    expect((await worker.client().ask('/')).status).toBe(200);
    expect((await worker.client().ask('/cart', { method: 'POST' })).status).toBe(200);
    expect((await reader.ask('/assets/x')).status).toBe(200);
  });

  it('lets nobody sign in', async () => {
    const late = worker.client();
    const reply = await late.ask('/login', { form: { user: 'late' } });
    expect([reply.status, reply.json().code]).toEqual([503, 'store_unavailable']);
    expect(late.jar.has(session)).toBe(false);
  });

  it('refuses whom a sign-out could not be written for, and the next try after the recovery is one', async () => {
    const copy = copyOf(worker, leaver);
    const out = await leaver.ask('/.session/logout', { method: 'POST' });
    expect([out.status, out.json().code]).toEqual([503, 'store_unavailable']);
    expect(out.setCookies).toEqual([]);
    const again = copyOf(worker, copy);
    expect((await copy.ask('/account')).json()).toMatchObject({ code: 'session_rejected', reason: 'revoked' });
    await worker.switchStore('well');
    expect((await again.ask('/account')).json()).toMatchObject({ code: 'session_rejected', reason: 'revoked' });
    expect((await leaver.ask('/.session/logout', { method: 'POST' })).status).toBe(204);
    expect(leaver.jar.has(session)).toBe(false);
  });

  it('is over when KV is well again: the same cookie works, and people sign in', async () => {
    expect((await copyOf(worker, reader).ask('/account', { method: 'POST' })).status).toBe(200);
    const later = worker.client();
    later.clockSeconds = 60;
    expect((await later.ask('/.session/readyz')).status).toBe(200);
    await signedIn(worker);
  });

  it('is the same when KV hangs: an answer within about two seconds, and nobody is signed out', async () => {
    await worker.switchStore('hang');
    const began = performance.now();
    const late = worker.client();
    const [signIn] = await Promise.all([
      late.ask('/login', { form: { user: 'late' } }),
      expectUnavailable(reader, 'GET', '/account'),
      expectUnavailable(copyOf(worker, reader), 'POST', '/'),
    ]);
    const tookMs = performance.now() - began;
    expect([signIn.status, signIn.json().code]).toEqual([503, 'store_unavailable']);
    expect(late.jar.has(session)).toBe(false);
    expect(tookMs).toBeGreaterThan(deadlineMs);
    expect(tookMs).toBeLessThan(patienceMs);
    expect((await worker.client().ask('/')).status).toBe(200);
  });

  it('makes no other request wait while KV hangs: it is not asked', async () => {
    const skipped = async () => {
      const samples = [...(await worker.metrics())].filter(([key]) => key.includes('outcome="skipped"'));
      return samples.reduce((sum, [, count]) => sum + count, 0);
    };
    const before = await skipped();
    await Promise.all([1, 2, 3].map(() => expectUnavailable(copyOf(worker, reader), 'GET', '/account')));
    expect(await skipped()).toBeGreaterThanOrEqual(before + 3);
  });

  it('is over some seconds after KV is well again', async () => {
    await worker.switchStore('well');
    await expect.poll(async () => (await reader.ask('/account')).status, breaker).toBe(200);
  });

  it('is counted: how often each operation was asked, and how it went', async () => {
    const samples = await worker.metrics();
    const count = (operation: string, outcome: string): number =>
      samples.get(`berth_store_requests_total{operation="${operation}",outcome="${outcome}",store="kv"}`) ?? 0;
    for (const operation of ['load', 'revoke'])
      expect([operation, count(operation, 'failed') > 0]).toEqual([operation, true]);
    expect(count('load', 'ok')).toBeGreaterThan(0);
    const series = '{operation="load",store="kv"}';
    const timed = samples.get(`berth_store_request_duration_seconds_count${series}`);
    expect(timed).toBe(count('load', 'ok') + count('load', 'failed'));
    expect(samples.get(`berth_store_request_duration_seconds_bucket{le="+Inf",operation="load",store="kv"}`)).toBe(
      timed,
    );
  });
});

describe('an outage of KV where safe methods may go on for five minutes', () => {
  let worker: SwitchedWorker;
  beforeAll(async () => {
    worker = await startWorkerOnKv({ whenStoreIsDown: { safeMethods: '5m' } });
  });
  afterAll(() => worker?.close());

  it('serves reading for so long beyond the freshness, and writing and opening sockets not at all', async () => {
    const client = await signedIn(worker);
    await worker.switchStore('fail');
    for (const clockSeconds of [stale, 400]) {
      client.clockSeconds = clockSeconds;
      for (const path of ['/account', '/']) {
        expect((await client.ask(path)).status).toBe(200);
        expect((await client.ask(path, { method: 'HEAD' })).status).toBe(200);
        await expectUnavailable(client, 'POST', path);
        const cookie = `${session}=${client.jar.get(session)}`;
        const { reply } = await knock(worker.url + path, { cookie, 'dev-clock': String(clockSeconds) });
        expect(reply.statusCode).toBe(503);
      }
    }
    // Two paths, read and asked for the header alone, at two moments.
    expect((await worker.metrics()).get('berth_stale_served_total{}')).toBe(8);
    client.clockSeconds = 450;
    for (const path of ['/account', '/']) await expectUnavailable(client, 'GET', path);
    await worker.switchStore('well');
    expect((await client.ask('/account')).status).toBe(200);
  });
});
