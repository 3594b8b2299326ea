/** The one object for the whole deployment. It keeps facts about all sessions, and the shared documents. */
/// <reference path="../cloudflare-workers.d.ts" />
import { DurableObject } from 'cloudflare:workers';
import type { DocumentName, Kept } from '../../shared/document/document.ts';
import { type EndingFact, laterFact, readEndingFact } from '../../shared/session/store/rows.ts';
import { collectAt, createRows, type Rows } from './object-rows.ts';

const everyone = 'everyone';

/** The row name where there is one row of a kind. */
const own = '';
/** Documents are kept for this long after their last write. */
const keptMs = 10 * 365 * 24 * 3_600_000;

export interface KeptAtControl extends Kept {
  readonly everyoneNotBefore: number | null;
}

export class ControlObject extends DurableObject<unknown> {
  readonly #rows: Rows = createRows(this.ctx.storage);

  /** Sessions created at or before this moment are ended; `null`: there is no such fact. */
  everyoneNotBefore(): number | null {
    return this.#everyone()?.notBefore ?? null;
  }

  revokeEveryone(notBefore: number, keepUntil: number): void {
    const fact = laterFact(this.#everyone(), { notBefore, keepUntil });
    this.#rows.put('not-before', everyone, fact, collectAt(fact.keepUntil, notBefore));
  }

  /** With everyone's not-before, which callers would otherwise have to ask for. */
  readDocument(name: DocumentName): KeptAtControl {
    const { revision = 0, text = null } = (this.#rows.read(name, own) ?? {}) as Partial<Kept>;
    return { revision, text, everyoneNotBefore: this.#everyone()?.notBefore ?? null };
  }

  writeDocument(name: DocumentName, text: string, onRevision: number): boolean {
    if (this.readDocument(name).revision !== onRevision) return false;
    this.#rows.put(name, own, { revision: onRevision + 1, text }, collectAt(keptMs, 0));
    return true;
  }

  override alarm(): Promise<void> {
    return this.#rows.collect();
  }

  #everyone(): EndingFact | null {
    return readEndingFact(this.#rows.read('not-before', everyone));
  }
}
