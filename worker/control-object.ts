/** One object for the whole deployment: what concerns every session at once. */
/// <reference path="./cloudflare-workers.d.ts" />
import { DurableObject } from 'cloudflare:workers';
import { laterFact, readEndingFact } from '../shared/session/at-rest.ts';
import { collectAt, createRows, type Rows } from './object-rows.ts';

const everyone = 'everyone';

export class ControlObject extends DurableObject<unknown> {
  readonly #rows: Rows = createRows(this.ctx.storage);

  /** Sessions created at or before this moment are ended; `null`: no such fact. */
  everyoneNotBefore(): number | null {
    return readEndingFact(this.#rows.read('not-before', everyone))?.notBefore ?? null;
  }

  revokeEveryone(notBefore: number, keepUntil: number): void {
    const fact = laterFact(readEndingFact(this.#rows.read('not-before', everyone)), { notBefore, keepUntil });
    this.#rows.put('not-before', everyone, fact, collectAt(fact.keepUntil, notBefore));
  }

  override alarm(): Promise<void> {
    return this.#rows.collect();
  }
}
