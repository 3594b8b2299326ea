import { describe, expect, it } from 'vitest';
import { changed, type OriginPatch, rewrite } from '../../../../shared/routing/control/change.ts';
import {
  applyControl,
  type ControlDocument,
  emptyDocument,
  readDocument,
  writeDocument,
} from '../../../../shared/routing/control/control.ts';
import { createMemoryDocument } from '../../../support/memory-document.ts';
import { ap, eu, noon, poolOf, us } from '../../../support/pools.ts';

const app = poolOf([eu, us, ap]);
const canary = poolOf([eu], { id: 'canary' });
const pools = new Map([app, canary].map((pool) => [pool.id, pool]));
const saying = (origins: ControlDocument['origins']): ControlDocument => ({ revision: 3, origins });
const originIn = (document: ControlDocument, pool = 'app', id = 'eu') =>
  applyControl(pools, document)
    .get(pool)
    ?.origins.find((origin) => origin.id === id);

describe('a control document', () => {
  it('changes what it speaks of, and nothing else', () => {
    const document = saying({ 'app/eu': { state: 'draining', weight: 0, drainBy: noon } });
    expect(originIn(document)).toEqual({ ...eu, state: 'draining', weight: 0, drainBy: noon });
    const applied = applyControl(pools, document);
    expect(applied.get('app')).not.toBe(app);
    expect(applied.get('app')?.origins[1]).toBe(us);
    expect(applied.get('canary')).toBe(canary);
  });

  it('about nobody, or about origins that are gone, changes no pool', () => {
    expect([
      ...applyControl(pools, saying({ 'app/gone': { state: 'off' }, 'nobody/eu': { weight: 2 } })).values(),
    ]).toEqual([app, canary]);
    expect(applyControl(pools, emptyDocument).get('app')).toBe(app);
  });

  it("does not inherit the end of the file's drain", () => {
    const draining = { ...eu, state: 'draining' as const, drainBy: noon };
    const own = new Map([['app', poolOf([draining])]]);
    const first = (document: ControlDocument) => applyControl(own, document).get('app')?.origins[0];
    expect(first(saying({ 'app/eu': { state: 'draining' } }))?.drainBy).toBeNull();
    expect(first(saying({ 'app/eu': { weight: 3 } }))?.drainBy).toBe(noon);
  });

  it('is read as it was written', () => {
    const document = saying({
      'app/eu': {
        state: 'off',
        weight: 0.5,
        drainBy: noon,
        shed: 0.25,
        changedIn: 2,
        backSince: noon,
        probed: { down: true, streak: 1 },
      },
    });
    expect(readDocument({ revision: 3, text: writeDocument(document) })).toEqual(document);
  });

  it.each(['', 'null', '[]', '{', '"text"', '{"origins":7}', '{"origins":[1]}', '{"origins":{"app/eu":7}}'])(
    'that makes no sense says nothing: %s',
    (text) => expect(readDocument({ revision: 3, text })).toEqual(saying({})),
  );

  it('with members that make no sense says the rest', () => {
    const entry = {
      state: 'gone',
      weight: -1,
      drainBy: 'soon',
      shed: 2,
      changedIn: 1.5,
      probed: { down: 'yes' },
      __proto__: 1,
    };
    const text = JSON.stringify({ origins: { 'app/eu': entry, 'app/us': { weight: 2, shed: 0.5 } } });
    expect(readDocument({ revision: 3, text }).origins).toEqual({ 'app/eu': {}, 'app/us': { weight: 2, shed: 0.5 } });
  });
});

describe('a change', () => {
  const entryAfter = (entry: ControlDocument['origins'][string], patch: OriginPatch) =>
    changed(saying({ 'app/eu': entry }), 'app', eu, patch, noon).origins['app/eu'];

  it('is merged with what was said before, and is told apart by its revision', () => {
    expect(entryAfter({ weight: 2, changedIn: 1 }, { shed: 0.5 })).toEqual({ weight: 2, shed: 0.5, changedIn: 4 });
  });

  it('takes a word back with null', () => {
    expect(entryAfter({ weight: 2, shed: 0.5 }, { shed: null })).toEqual({ weight: 2, changedIn: 4 });
  });

  it('lets an origin that comes back start slowly', () => {
    expect(entryAfter({ state: 'off' }, { state: 'active' })).toMatchObject({ state: 'active', backSince: noon });
    expect(entryAfter({ weight: 0 }, { weight: null })).toEqual({ changedIn: 4, backSince: noon });
    expect(entryAfter({}, { weight: 2 })).not.toHaveProperty('backSince');
  });

  it('forgets the end of a drain that is over', () => {
    expect(entryAfter({ state: 'draining', drainBy: noon }, { state: 'active' })).not.toHaveProperty('drainBy');
  });
});

describe('writing', () => {
  it('begins again when another writer was first, and loses nobody’s word', async () => {
    const control = createMemoryDocument();
    let first = true;
    const document = await rewrite(control, (before) => {
      const next = changed(before, 'app', eu, { shed: 0.5 }, noon);
      if (first) void control.write(writeDocument(changed(before, 'app', us, { weight: 2 }, noon)), before.revision);
      first = false;
      return next;
    });
    expect(document.revision).toBe(2);
    expect(document.origins).toMatchObject({ 'app/eu': { shed: 0.5 }, 'app/us': { weight: 2 } });
    expect(readDocument(await control.read())).toEqual(document);
  });

  it('does nothing where there is nothing to change', async () => {
    const control = createMemoryDocument();
    await rewrite(control, () => null);
    expect(await control.read()).toEqual({ revision: 0, text: null });
  });

  it('gives up when other writers are faster every time', async () => {
    const control = { ...createMemoryDocument(), write: async () => false };
    await expect(rewrite(control, (before) => before)).rejects.toThrow('conflicting writes');
  });
});
