import { describe, expect, it } from 'vitest';
import { type ControlDocument, emptyDocument, type Probed } from '../../../../shared/routing/control/control.ts';
import { afterProbe, afterProbes } from '../../../../shared/routing/health/probe.ts';
import { eu, noon, poolOf, us } from '../../../support/pools.ts';

const limits = { path: '/healthz', timeoutMs: 2_000, up: 2, down: 3 };
const standing = (answers: string, before?: Probed) =>
  [...answers].reduce<Probed | undefined>((state, answer) => afterProbe(state, answer === '+', limits), before);

describe('a series of probes', () => {
  it.each([
    ['+', undefined],
    ['++++', undefined],
    ['--', { down: false, streak: 2 }],
    ['--+', undefined],
    ['---', { down: true, streak: 0 }],
    ['-----', { down: true, streak: 0 }],
    ['--+--', { down: false, streak: 2 }],
    ['---+', { down: true, streak: 1 }],
    ['---+-', { down: true, streak: 0 }],
    ['---++', undefined],
    ['---+-++', undefined],
  ])('%s', (answers, expected) => expect(standing(answers)).toEqual(expected));

  it('needs as many as the pool says', () => {
    expect(afterProbe(undefined, false, { ...limits, down: 1 })).toEqual({ down: true, streak: 0 });
    expect(afterProbe({ down: true, streak: 0 }, true, { ...limits, up: 1 })).toBeUndefined();
  });
});

describe('a round of probes', () => {
  const pool = poolOf([eu, us]);
  const round = (document: ControlDocument, isGood: boolean) =>
    afterProbes(document, [{ pool, origin: eu, isGood }], noon);

  it('writes nothing while all is well, or as bad as before', () => {
    expect(round(emptyDocument, true)).toEqual({ document: null, changes: [] });
    const down = { revision: 1, origins: { 'app/eu': { weight: 2, probed: { down: true, streak: 0 } } } };
    expect(round(down, false)).toEqual({ document: null, changes: [] });
  });

  it('tells who went down and who came back, and leaves alone what services have said', () => {
    const entry = { weight: 2, changedIn: 1 };
    const failing = { revision: 1, origins: { 'app/eu': { ...entry, probed: { down: false, streak: 2 } } } };
    const down = round(failing, false);
    expect(down.changes).toEqual([{ pool: 'app', origin: 'eu', to: 'down' }]);
    expect(down.document?.origins['app/eu']).toEqual({ ...entry, probed: { down: true, streak: 0 } });
    const recovering = { revision: 1, origins: { 'app/eu': { ...entry, probed: { down: true, streak: 1 } } } };
    const back = round(recovering, true);
    expect(back.changes).toEqual([{ pool: 'app', origin: 'eu', to: 'up' }]);
    expect(back.document?.origins['app/eu']).toEqual({ ...entry, backSince: noon });
  });
});
