import { beforeEach, describe, expect, it } from 'vitest';
import type { Pool } from '../../../../shared/config/settings.ts';
import type { OriginOutcome, OriginRequest, Platform } from '../../../../shared/platform.ts';
import { createHealth, type Health } from '../../../../shared/routing/health/passive.ts';
import {
  createHealthReports,
  type HealthReport,
  type HealthReports,
} from '../../../../shared/routing/health/report.ts';
import { ap, eu, noon, poolOf, us } from '../../../support/pools.ts';

const app = poolOf([eu, us, ap]);
const at = (origin: typeof eu, pool: Pool = app) => ({ pool, origin, branch: null });
const status = (code: number): OriginOutcome => ({ kind: 'reply', status: code, response: new Response() });
const refused: OriginOutcome = { kind: 'failed', sent: 'nothing', reason: 'ECONNREFUSED' };

let health: Health;
let reports: HealthReports;
let asked: OriginRequest[];
let lines: Record<string, unknown>[];
let deferred: { work: Promise<unknown>; maxHeldMs: number | undefined }[];
let answer: () => Promise<OriginOutcome>;
let now: number;

beforeEach(() => {
  health = createHealth(() => 0);
  [asked, lines, deferred, now] = [[], [], [], noon];
  answer = async () => status(200);
  const platform: Platform = {
    door: 'lambda',
    endsWhatIsLeft: false,
    relay: null,
    now: () => now,
    log: (line) => void lines.push(line),
    send: (request) => {
      asked.push(request);
      return answer();
    },
  };
  reports = createHealthReports({ health, platform, settings: { publicOrigins: [], namedProbes: ['named'] } });
});

const begin = (address: string | null = '203.0.113.9', clockMs = 0): HealthReport =>
  reports.begin({
    address,
    clockMs,
    arrival: { defer: (work, maxHeldMs) => void deferred.push({ work, maxHeldMs }) },
  });
const fail = (says: 'failed' | 'timed-out', address?: string | null, times = 1): void => {
  for (let i = 0; i < times; i++) {
    const report = begin(address);
    report.record(at(eu), says, null);
    report.close();
  }
};
const probes = () => Promise.all(deferred.map(({ work }) => work));
const isOut = (origin = eu, when = now): boolean => health.isEjected(app, origin, when);

describe('failures', () => {
  it('of two networks eject without a probe', () => {
    fail('failed', '203.0.113.9', 2);
    fail('failed', '198.51.100.1');
    expect([isOut(), asked.length, lines[0]?.confirmed_by]).toEqual([true, 0, 'networks']);
  });

  it('of one network and of clients nobody can tell apart need one', async () => {
    fail('failed', '203.0.113.9');
    fail('failed', '203.0.113.200', 2);
    await probes();
    expect([isOut(), asked.length]).toEqual([false, 1]);
    fail('failed', '2001:db8:0:1::1');
    expect(isOut()).toBe(true);
  });

  it('without an address are of one network', async () => {
    fail('failed', null, 4);
    await probes();
    expect([isOut(), asked.length]).toEqual([false, 1]);
  });

  it('eject when the probe agrees, from when it does', async () => {
    answer = async () => refused;
    fail('failed', undefined, 3);
    now += 700;
    await probes();
    expect(health.ejectedUntil(app, eu, now)).toBe(noon + 10_700);
    expect(lines).toEqual([
      {
        event: 'origin-ejected',
        at: new Date(noon + 700).toISOString(),
        pool: 'app',
        origin: 'eu',
        until: new Date(noon + 10_700).toISOString(),
        confirmed_by: 'probe',
      },
    ]);
  });

  it('are of the request’s own clock', () => {
    for (const address of ['203.0.113.9', '198.51.100.1', '192.0.2.1']) {
      begin(address, 3_600_000).record(at(eu), 'failed', null);
    }
    expect(lines[0]?.at).toBe(new Date(noon + 3_600_000).toISOString());
    expect(isOut(eu, noon + 3_600_001)).toBe(true);
  });

  it('hold a reply for a tenth of a second at most, and are probed once', async () => {
    answer = () => new Promise(() => undefined);
    fail('failed', undefined, 8);
    expect([asked.length, deferred.map(({ maxHeldMs }) => maxHeldMs)]).toEqual([1, [100]]);
  });
});

describe('a status that is listed', () => {
  const reply = (codes: readonly number[]): void => {
    const report = begin();
    [eu, us, ap].slice(0, codes.length).forEach((origin, i) => {
      report.record(at(origin), codes[i] === 200 ? 'served' : 'listed', codes[i] as number);
    });
    report.close();
  };

  it('is its origin’s failure when another one does better, or fails otherwise', async () => {
    answer = async () => refused;
    for (let i = 0; i < 3; i++) reply([503, 200]);
    await probes();
    expect(isOut()).toBe(true);
    for (let i = 0; i < 3; i++) reply([503, 502, 200]);
    expect(health.isOneFailureShort(poolOf([eu, us, ap], { health: { ...app.health, maxEjected: 1 } }), us, now)).toBe(
      true,
    );
  });

  it('is the page’s when another one gives it too', async () => {
    answer = async () => refused;
    for (let i = 0; i < 9; i++) reply([503, 503]);
    for (let i = 0; i < 9; i++) reply([503, 502, 503]);
    await probes();
    expect(isOut()).toBe(false);
  });

  it('has the probe begin beside the next try', () => {
    fail('failed', undefined, 2);
    begin().record(at(eu), 'listed', 503);
    expect(asked).toHaveLength(1);
  });
});

describe('time-outs', () => {
  it('of however many networks eject only when a probe agrees', async () => {
    for (let i = 0; i < 9; i++) fail('timed-out', `203.0.${i}.9`);
    await probes();
    expect(isOut()).toBe(false);
  });

  it('that are foreseen have their probe answered when they come', async () => {
    answer = async () => refused;
    fail('timed-out', undefined, 2);
    const report = begin();
    report.expectTimeout(at(eu));
    await probes();
    expect([asked.length, isOut()]).toEqual([1, false]);
    report.record(at(eu), 'timed-out', null);
    await probes();
    expect([asked.length, isOut()]).toEqual([1, true]);
  });

  it('that do not come after all cost a probe and nothing else', async () => {
    answer = async () => refused;
    fail('timed-out', undefined, 2);
    const report = begin();
    report.expectTimeout(at(eu));
    report.record(at(eu), 'served', 200);
    await probes();
    expect([isOut(), health.isAllClear()]).toEqual([false, true]);
  });

  it('are not foreseen where one more would not be enough', () => {
    begin().expectTimeout(at(eu));
    expect(asked).toEqual([]);
  });
});

describe('a 5xx that is not listed', () => {
  it('is no failure, and does not end a row of them', () => {
    fail('failed', undefined, 2);
    const report = begin();
    report.record(at(eu), 'nothing', 500);
    report.close();
    fail('failed', '198.51.100.1');
    expect(isOut()).toBe(true);
  });
});

describe('a probe', () => {
  const probed = async (path: string | null, come: () => Promise<OriginOutcome>): Promise<boolean> => {
    answer = come;
    const pool = poolOf([eu, us, ap], {
      id: path === null ? 'unnamed' : 'named',
      health: { ...app.health, probe: { ...app.health.probe, ...(path !== null && { path }) } },
    });
    for (let i = 0; i < 3; i++) begin().record(at(eu, pool), 'failed', null);
    await probes();
    return health.isEjected(pool, eu, now);
  };

  it('asks for the page that the configuration names', async () => {
    expect(await probed('/alive', async () => status(404))).toBe(false);
    expect(asked[0]).toMatchObject({ method: 'GET', url: 'https://eu.example/alive', body: null });
  });

  it('asks for the head of the root where none is named', async () => {
    expect(await probed(null, async () => status(200))).toBe(false);
    expect(asked[0]).toMatchObject({ method: 'HEAD', url: 'https://eu.example/' });
  });

  it.each([200, 302, 401, 404, 405, 429, 501])('does not agree when a HEAD is answered with %i', async (code) => {
    expect(await probed(null, async () => status(code))).toBe(false);
  });

  it.each([500, 502, 503, 521])('agrees when a HEAD is answered with %i', async (code) => {
    expect(await probed(null, async () => status(code))).toBe(true);
  });

  it('agrees when the named page is answered with any 5xx', async () => {
    expect(await probed('/alive', async () => status(501))).toBe(true);
  });

  it('says nothing when its process slept meanwhile, as a Lambda does', async () => {
    const come = async (): Promise<OriginOutcome> => {
      now += 60_000;
      return refused;
    };
    expect(await probed(null, come)).toBe(false);
  });
});
