/** The promises of the Control port, kept by every authority. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Control } from '../../../shared/routing/control.ts';

export interface OpenedControl {
  readonly control: Control;
  /** The same authority, seen from another isolate. */
  readonly elsewhere: Control;
  readonly close?: () => Promise<void>;
}

export function controlContract(kind: string, open: () => Promise<OpenedControl>): void {
  describe(`${kind} keeps the control contract`, () => {
    let opened: OpenedControl;
    let control: Control;
    let elsewhere: Control;
    /** Where this test began. */
    let begun: number;

    beforeAll(async () => {
      opened = await open();
      ({ control, elsewhere } = opened);
    });
    afterAll(() => opened.close?.());
    beforeEach(async () => {
      begun = (await control.read()).revision;
    });

    it('has nothing at revision 0 to begin with', async () => {
      expect(await control.read()).toEqual({ revision: 0, text: null });
      expect(await control.write('early', 1)).toBe(false);
      expect(await control.read()).toEqual({ revision: 0, text: null });
    });

    it('what was written is read everywhere at once', async () => {
      expect(await control.write('one', begun)).toBe(true);
      expect(await elsewhere.read()).toEqual({ revision: begun + 1, text: 'one' });
      expect(await elsewhere.write('two', begun + 1)).toBe(true);
      expect(await control.read()).toEqual({ revision: begun + 2, text: 'two' });
    });

    it('on top of another revision nothing is written', async () => {
      await control.write('one', begun);
      expect(await elsewhere.write('again', begun)).toBe(false);
      expect(await elsewhere.write('ahead', begun + 2)).toBe(false);
      expect(await control.read()).toEqual({ revision: begun + 1, text: 'one' });
    });

    it('of several writers at once exactly one gets on', async () => {
      const written = await Promise.all(
        Array.from({ length: 8 }, (_, i) => (i % 2 === 0 ? control : elsewhere).write(`by ${i}`, begun)),
      );
      expect(written.filter(Boolean)).toHaveLength(1);
      expect(await control.read()).toEqual({ revision: begun + 1, text: `by ${written.indexOf(true)}` });
    });

    it('a text of many origins comes back as it was', async () => {
      const text = JSON.stringify({ origins: 'ö~"\\'.repeat(20_000) });
      await control.write(text, begun);
      expect((await elsewhere.read()).text).toBe(text);
    });
  });
}
