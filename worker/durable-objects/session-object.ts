/**
 * The sessions of one subject. No other object decides about them. `durable-object-store.ts` is the other half of the Store
 * port: it chooses the object for a call.
 *
 * One class serves three kinds of objects, which differ by name (`object-names.ts`): for a subject, for a session (the record
 * of an anonymous session, or the name of the object that has the record) and for a once-key.
 *
 * Each method first makes its calls to other objects. Then it decides without another `await` (`session-rows.ts`): an object
 * runs one event at a time, so this last part is a transaction.
 */
/// <reference path="../cloudflare-workers.d.ts" />

import { DurableObject } from 'cloudflare:workers';
import type { DurableObjectNamespace } from '@cloudflare/workers-types';
import type { EarlierEnd, Revocation } from '../../shared/session/store/endings.ts';
import type { Activity, Loaded, StoreRecord } from '../../shared/session/store/records.ts';
import { isLive } from '../../shared/session/store/rows.ts';
import type { SessionIndex } from '../../shared/session/store/session-indexes.ts';
import type { ControlObject } from './control-object.ts';
import { isFresh, type KnownEveryone, knownEveryone, noteEveryone } from './known-everyone.ts';
import { controlObjectName } from './object-names.ts';
import { collectAt, createRows, type Rows } from './object-rows.ts';
import { createSessionRows, type SessionRows, type WriteId } from './session-rows.ts';
import { withinJurisdiction } from './within-jurisdiction.ts';

/** The bindings of the `durable-object` store. Its objects use them to call each other. */
export interface ObjectBindings {
  readonly SESSION_OBJECTS: DurableObjectNamespace<SessionObject>;
  readonly CONTROL_OBJECTS: DurableObjectNamespace<ControlObject>;
}

export class SessionObject extends DurableObject<ObjectBindings> {
  readonly #stored: Rows = createRows(this.ctx.storage);
  readonly #rows: SessionRows = createSessionRows(this.#stored);

  /** Adds a record to this object. `marker`: the session was ended before its record arrived. */
  create(record: StoreRecord, marker: Revocation | null, now: number, writeId?: WriteId): boolean {
    return this.#rows.create(record, marker, now, writeId);
  }

  /** In the session's own object: notes the object that gets the record, and adds it there. */
  async createAt(home: string, record: StoreRecord, now: number, writeId?: WriteId): Promise<boolean> {
    const marker = this.#rows.lead(record, home, now);
    // From now on, `revoke` is forwarded to that object, whether it arrives before or after the record.
    return marker !== 'taken' && this.#at(home).create(record, marker, now, writeId);
  }

  async load(
    sessionId: string,
    version: number,
    now: number,
    activity?: Activity,
    everyone?: KnownEveryone,
  ): Promise<Loaded> {
    const home = this.#rows.home(sessionId);
    if (home !== null) return this.#at(home).load(sessionId, version, now, activity, everyone);
    const loaded = this.#rows.load(sessionId, await this.#everyone(now, everyone), activity);
    return loaded.record && loaded.record.version < version ? { ...loaded, record: null } : loaded;
  }

  /** Of sessions whose records are in this object. */
  async loadAll(sessionIds: readonly string[], now: number, everyone?: KnownEveryone): Promise<readonly Loaded[]> {
    const everyoneNotBefore = await this.#everyone(now, everyone);
    return sessionIds.map((sessionId) => this.#rows.load(sessionId, everyoneNotBefore));
  }

  /** `'absent'`: the record is not in this object. */
  async touch(sessionId: string, lastSeenAt: number, now: number): Promise<'touched' | 'ended' | 'absent'> {
    const home = this.#rows.home(sessionId);
    if (home !== null) return this.#at(home).touch(sessionId, lastSeenAt, now);
    const loaded = this.#rows.load(sessionId, await this.#everyone(now));
    if (!loaded.record) return 'absent';
    if (!isLive(loaded)) return 'ended';
    this.#rows.touch(loaded, lastSeenAt);
    return 'touched';
  }

  async save(record: StoreRecord, now: number, writeId?: WriteId): Promise<'saved' | 'conflict' | 'ended' | 'absent'> {
    const { sessionId } = record;
    const home = this.#rows.home(sessionId);
    if (home !== null) return this.#at(home).save(record, now, writeId);
    const everyoneNotBefore = await this.#everyone(now);
    return this.#rows.save(this.#rows.load(sessionId, everyoneNotBefore), record, writeId);
  }

  async revoke(sessionId: string, revocation: Revocation, writeId?: WriteId): Promise<EarlierEnd | null> {
    const home = this.#rows.home(sessionId);
    if (home !== null) return this.#at(home).revoke(sessionId, revocation, writeId);
    return this.#rows.end(sessionId, revocation, writeId);
  }

  revokeSubject(notBefore: number, keepUntil: number): void {
    this.#rows.endSubject(notBefore, keepUntil);
  }

  loadSessionIndex(): SessionIndex {
    return this.#rows.index();
  }

  saveSessionIndex(sealed: string, onRevision: number, keepUntil: number, now: number, writeId?: WriteId): boolean {
    return this.#rows.saveIndex(sealed, onRevision, keepUntil, now, writeId);
  }

  readOnce(now: number): string | null {
    return this.#rows.once(now);
  }

  claimOnce(value: string, keepUntil: number, now: number, writeId?: WriteId): string | null {
    return this.#rows.claimOnce(value, keepUntil, now, writeId);
  }

  /** Succeeds when objects run and can write, and the control object answers. */
  async check(): Promise<void> {
    await this.#control().everyoneNotBefore();
    this.#stored.put('check', '', 0, collectAt(0, 0));
  }

  override alarm(): Promise<void> {
    return this.#stored.collect();
  }

  /** `said`: what the caller knows. */
  async #everyone(now: number, said?: KnownEveryone): Promise<number | null> {
    if (isFresh(said, now)) return noteEveryone(said).notBefore;
    const known = knownEveryone(now);
    if (known) return known.notBefore;
    const notBefore = await this.#control().everyoneNotBefore();
    return noteEveryone({ notBefore, askedAt: now }).notBefore;
  }

  /** An object of the same jurisdiction as this one. */
  #at(name: string) {
    return withinJurisdiction(this.env.SESSION_OBJECTS, this.ctx.id.jurisdiction).getByName(name);
  }

  #control() {
    return this.env.CONTROL_OBJECTS.getByName(controlObjectName);
  }
}

/**
 * The runtime may repeat a call whose connection broke, also when the method may have run (`session-rows.ts` finds out). A
 * runtime without this mark repeats only what certainly has not run.
 */
const runtime = await import('cloudflare:durable-objects').catch(() => null);
const { prototype: object } = SessionObject;
runtime?.retryable(
  object.create,
  object.createAt,
  object.load,
  object.loadAll,
  object.touch,
  object.save,
  object.revoke,
  object.revokeSubject,
  object.loadSessionIndex,
  object.saveSessionIndex,
  object.readOnce,
  object.claimOnce,
  object.check,
);
