/** The one object for the whole deployment. It keeps facts about all sessions, and the shared documents. */
/// <reference path="../cloudflare-workers.d.ts" />
import { DurableObject } from 'cloudflare:workers';
import type { DocumentName, Kept } from '../../shared/document/document.ts';
import { laterFact, readEndingFact } from '../../shared/session/store/rows.ts';
import { collectAt, createRows, type Rows } from './object-rows.ts';

const everyone = 'everyone';

/** The row name where there is one row of a kind. */
const own = '';
/** Documents are kept for this long after their last write. */
const keptMs = 10 * 365 * 24 * 3_600_000;

export class ControlObject extends DurableObject<unknown> {
  readonly #rows: Rows = createRows(this.ctx.storage);

  /** Sessions created at or before this moment are ended; `null`: there is no such fact. */
  everyoneNotBefore(): number | null {
    return readEndingFact(this.#rows.read('not-before', everyone))?.notBefore ?? null;
  }

  revokeEveryone(notBefore: number, keepUntil: number): void {
    const fact = laterFact(readEndingFact(this.#rows.read('not-before', everyone)), { notBefore, keepUntil });
    this.#rows.put('not-before', everyone, fact, collectAt(fact.keepUntil, notBefore));
  }

  readDocument(name: DocumentName): Kept {
    const { revision = 0, text = null } = (this.#rows.read(name, own) ?? {}) as Partial<Kept>;
    return { revision, text };
  }

  writeDocument(name: DocumentName, text: string, onRevision: number): boolean {
    if (this.readDocument(name).revision !== onRevision) return false;
    this.#rows.put(name, own, { revision: onRevision + 1, text }, collectAt(keptMs, 0));
    return true;
  }

  override alarm(): Promise<void> {
    return this.#rows.collect();
  }
}
