/** The promises of the SharedDocument port, kept by every authority. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { DocumentName, SharedDocument } from '../../../shared/document/document.ts';

export interface OpenedAuthority {
  /** A document as one more isolate sees it. */
  see(name: DocumentName): SharedDocument;
  readonly close?: () => Promise<void>;
}

export function documentContract(kind: string, open: () => Promise<OpenedAuthority>): void {
  describe(`${kind} keeps the contract of shared documents`, () => {
    let opened: OpenedAuthority;
    let document: SharedDocument;
    let elsewhere: SharedDocument;
    /** Where this test began. */
    let begun: number;

    beforeAll(async () => {
      opened = await open();
      document = opened.see('control');
      elsewhere = opened.see('control');
    });
    afterAll(() => opened.close?.());
    beforeEach(async () => {
      begun = (await document.read()).revision;
    });

    it('has nothing at revision 0 to begin with', async () => {
      expect(await document.read()).toEqual({ revision: 0, text: null });
      expect(await document.write('early', 1)).toBe(false);
      expect(await document.read()).toEqual({ revision: 0, text: null });
    });

    it('what was written is read everywhere at once', async () => {
      expect(await document.write('one', begun)).toBe(true);
      expect(await elsewhere.read()).toEqual({ revision: begun + 1, text: 'one' });
      expect(await elsewhere.write('two', begun + 1)).toBe(true);
      expect(await document.read()).toEqual({ revision: begun + 2, text: 'two' });
    });

    it('on top of another revision nothing is written', async () => {
      await document.write('one', begun);
      expect(await elsewhere.write('again', begun)).toBe(false);
      expect(await elsewhere.write('ahead', begun + 2)).toBe(false);
      expect(await document.read()).toEqual({ revision: begun + 1, text: 'one' });
    });

    it('of several writers at once exactly one gets on', async () => {
      const written = await Promise.all(
        Array.from({ length: 8 }, (_, i) => (i % 2 === 0 ? document : elsewhere).write(`by ${i}`, begun)),
      );
      expect(written.filter(Boolean)).toHaveLength(1);
      expect(await document.read()).toEqual({ revision: begun + 1, text: `by ${written.indexOf(true)}` });
    });

    it('two documents know nothing of each other', async () => {
      const counts = opened.see('counts');
      expect(await counts.read()).toEqual({ revision: 0, text: null });
      await counts.write('counted', 0);
      expect((await document.read()).revision).toBe(begun);
      expect(await opened.see('counts').read()).toEqual({ revision: 1, text: 'counted' });
    });

    it('a long text comes back as it was', async () => {
      const text = JSON.stringify({ origins: 'ö~"\\'.repeat(20_000) });
      await document.write(text, begun);
      expect((await elsewhere.read()).text).toBe(text);
    });
  });
}
