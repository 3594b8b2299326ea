/**
 * The sessions of one subject. No other object decides about them. `durable-object-store.ts` is the other half of the Store
 * port: it chooses the object for a call.
 *
 * One class serves three kinds of objects, which differ by name (`object-names.ts`): for a subject, for a session (the record
 * of an anonymous session, or the name of the object that has the record) and for a once-key.
 *
 * Each method first makes its calls to other objects. Then it reads, decides and writes without another `await`: an object runs
 * one event at a time, so this last part is a transaction.
 */
/// <reference path="../cloudflare-workers.d.ts" />

import { DurableObject } from 'cloudflare:workers';
import type { DurableObjectNamespace } from '@cloudflare/workers-types';
import type { EarlierEnd, Revocation } from '../../shared/session/store/endings.ts';
import type { Loaded, StoreRecord } from '../../shared/session/store/records.ts';
import {
  carryOver,
  isLive,
  laterFact,
  readEarlierEnd,
  readEndingFact,
  readRecord,
  readRevokedAt,
  readSessionIndex,
  rowOf,
} from '../../shared/session/store/rows.ts';
import type { SessionIndex } from '../../shared/session/store/session-indexes.ts';
import type { ControlObject } from './control-object.ts';
import { controlObjectName } from './object-names.ts';
import { collectAt, createRows, type Rows } from './object-rows.ts';

/** How old everyone's not-before may be. Loading it on every call would put the load of all sessions on one object. */
const everyoneFreshMs = 10_000;

/** Shared by the objects of this isolate. A value: an object must not await a promise that another object made. */
let knownEveryone: { readonly notBefore: number | null; readonly askedAt: number } | null = null;

/** The row name where an object has one row of a kind. */
const own = '';

/** The bindings of the `durable-object` store. Its objects use them to call each other. */
export interface ObjectBindings {
  readonly SESSION_OBJECTS: DurableObjectNamespace<SessionObject>;
  readonly CONTROL_OBJECTS: DurableObjectNamespace<ControlObject>;
}

export class SessionObject extends DurableObject<ObjectBindings> {
  readonly #rows: Rows = createRows(this.ctx.storage);

  /** Adds a record to this object. `marker`: the session was ended before its record arrived. */
  create(record: StoreRecord, marker: Revocation | null, now: number): boolean {
    const { sessionId, endsAt } = record;
    if (this.#rows.read('record', sessionId) !== null || this.#home(sessionId) !== null) return false;
    this.#rows.put('record', sessionId, rowOf(record), collectAt(endsAt, now));
    if (marker) this.#mark(sessionId, marker);
    return true;
  }

  /** In the session's own object: notes the object that gets the record, and adds it there. */
  async createAt(home: string, record: StoreRecord, now: number): Promise<boolean> {
    const { sessionId, endsAt } = record;
    const known = this.#home(sessionId) ?? home;
    if (this.#rows.read('record', sessionId) !== null || known !== home) return false;
    this.#rows.put('home', sessionId, home, collectAt(endsAt, now));
    // From now on, `revoke` is forwarded to that object, whether it arrives before or after the record.
    return this.#at(home).create(record, this.#rows.read('marker', sessionId) as Revocation | null, now);
  }

  async load(sessionId: string, version: number, now: number): Promise<Loaded> {
    const home = this.#home(sessionId);
    if (home !== null) return this.#at(home).load(sessionId, version, now);
    const loaded = this.#read(sessionId, await this.#everyone(now));
    return loaded.record && loaded.record.version < version ? { ...loaded, record: null } : loaded;
  }

  /** `'absent'`: the record is not in this object. */
  async touch(sessionId: string, lastSeenAt: number, now: number): Promise<'touched' | 'ended' | 'absent'> {
    const home = this.#home(sessionId);
    if (home !== null) return this.#at(home).touch(sessionId, lastSeenAt, now);
    const loaded = this.#read(sessionId, await this.#everyone(now));
    if (!loaded.record) return 'absent';
    if (!isLive(loaded)) return 'ended';
    const { record } = loaded;
    if (lastSeenAt > record.lastSeenAt) this.#rows.change('record', sessionId, rowOf({ ...record, lastSeenAt }));
    return 'touched';
  }

  async save(record: StoreRecord, now: number): Promise<'saved' | 'conflict' | 'ended' | 'absent'> {
    const { sessionId, version } = record;
    const home = this.#home(sessionId);
    if (home !== null) return this.#at(home).save(record, now);
    const loaded = this.#read(sessionId, await this.#everyone(now));
    if (!loaded.record) return 'absent';
    if (!isLive(loaded)) return 'ended';
    if (loaded.record.version !== version - 1) return 'conflict';
    this.#rows.change('record', sessionId, rowOf(carryOver(loaded.record, record)));
    return 'saved';
  }

  async revoke(sessionId: string, revocation: Revocation): Promise<EarlierEnd | null> {
    const home = this.#home(sessionId);
    if (home !== null) return this.#at(home).revoke(sessionId, revocation);
    return this.#mark(sessionId, revocation);
  }

  revokeSubject(notBefore: number, keepUntil: number): void {
    const fact = laterFact(readEndingFact(this.#rows.read('not-before', own)), { notBefore, keepUntil });
    this.#rows.put('not-before', own, fact, collectAt(fact.keepUntil, notBefore));
  }

  loadSessionIndex(): SessionIndex {
    return readSessionIndex(this.#rows.read('roster', own));
  }

  saveSessionIndex(sealed: string, onRevision: number, keepUntil: number, now: number): boolean {
    if (this.loadSessionIndex().revision !== onRevision) return false;
    this.#rows.put('roster', own, { revision: onRevision + 1, sealed }, collectAt(keepUntil, now));
    return true;
  }

  readOnce(now: number): string | null {
    const row = this.#rows.read('place', own) as { readonly value: string; readonly keepUntil: number } | null;
    return row && row.keepUntil >= now ? row.value : null;
  }

  claimOnce(value: string, keepUntil: number, now: number): string | null {
    const taken = this.readOnce(now);
    if (taken !== null) return taken;
    this.#rows.put('place', own, { value, keepUntil }, collectAt(keepUntil, now));
    return null;
  }

  /** Succeeds when objects run and the control object answers. */
  async check(): Promise<void> {
    await this.#control().everyoneNotBefore();
  }

  override alarm(): Promise<void> {
    return this.#rows.collect();
  }

  #read(sessionId: string, everyoneNotBefore: number | null): Loaded {
    return {
      record: readRecord(this.#rows.read('record', sessionId), sessionId),
      revokedAt: readRevokedAt(this.#rows.read('marker', sessionId)),
      subjectNotBefore: readEndingFact(this.#rows.read('not-before', own))?.notBefore ?? null,
      everyoneNotBefore,
    };
  }

  #mark(sessionId: string, revocation: Revocation): EarlierEnd | null {
    const earlier = readEarlierEnd(this.#rows.read('marker', sessionId));
    if (earlier) return earlier;
    this.#rows.put('marker', sessionId, revocation, collectAt(revocation.keepUntil, revocation.at));
    return null;
  }

  /** Name of the object that has the record; `null` when it is this one or when there is no record. */
  #home(sessionId: string): string | null {
    const name = this.#rows.read('home', sessionId);
    return typeof name === 'string' ? name : null;
  }

  async #everyone(now: number): Promise<number | null> {
    const known = knownEveryone;
    if (known && Math.abs(now - known.askedAt) < everyoneFreshMs) return known.notBefore;
    const notBefore = await this.#control().everyoneNotBefore();
    knownEveryone = { notBefore, askedAt: now };
    return notBefore;
  }

  #at(name: string) {
    return this.env.SESSION_OBJECTS.getByName(name);
  }

  #control() {
    return this.env.CONTROL_OBJECTS.getByName(controlObjectName);
  }
}
