import { expect, it } from 'vitest';
import { type Plan, planOf } from '../../../tools/plan/plan.ts';
import { planText } from '../../../tools/plan/text.ts';
import { defined } from './stated.ts';

const sentence = (plan: Partial<Plan>): string =>
  planText({ places: 'given', changes: [], added: [], removed: [], ...plan });

it('a plan is read as who moves where, the most first, and why', () => {
  const state = (us: object, more: object[] = []) =>
    defined([{ id: 'eu', region: 'eu' }, { id: 'us', region: 'us', ...us }, ...more]);
  const plan = planOf(state({}), state({ state: 'off' }, [{ id: 'eu2', region: 'eu', weight: 3 }]), { now: 0 });
  expect(planText(plan)).toBe(`/*
exact; as many clients near each region

clients without a pin: 87.5 % move
   37.5 %  app/eu  -> app/eu2
   37.5 %  app/us  -> app/eu2
   12.5 %  app/us  -> app/eu

clients with a pin: 50.0 % move
   37.5 %  app/us  -> app/eu2  drained
   12.5 %  app/us  -> app/eu   drained
`);
});

it('what is not exact says how far it may be off, and what is little is not called nothing', () => {
  const flow = {
    before: [{ at: 'app/eu', share: 1 }],
    after: [
      { at: null, share: 0.0001 },
      { at: 'app/eu', share: 0.9999 },
    ],
    moves: [{ from: 'app/eu', to: null, share: 0.0001, because: null }],
    moved: 0.0001,
  };
  const text = sentence({
    changes: [
      { routes: ['/a', '/b'], accuracy: { kind: 'sampled', keys: 50_000, within: 0.0087 }, keyed: flow, pinned: null },
    ],
  });
  expect(text).toBe(`/a, /b
from 50000 keys, ± 0.9 %; clients where they were said to be

clients without a pin: < 0.1 % move
  < 0.1 %  app/eu  -> (error)
`);
});

it('pins that do not count, clients that may be left somewhere, and routes that come and go are named', () => {
  const before = defined([{ id: 'eu' }, { id: 'us', weight: 0 }]);
  const lost = planOf(before, defined([{ id: 'eu' }, { id: 'us', weight: 0 }], { by: 'session' }), { now: 0 });
  expect(planText(lost)).toContain('clients with a pin: nobody moves\n  (the affinity is carried in another way');
  const left = planText(planOf(before, defined([{ id: 'eu' }]), { now: 0 }));
  expect(left).toContain('clients still pinned to app/us: 100.0 % move\n  100.0 %  app/us -> app/eu  unknown');
  expect(sentence({ added: ['/new'], removed: ['/old/*', '/older/*'] })).toBe('new: /new\n\ngone: /old/*, /older/*\n');
});
