/**
 * The Store port on Durable Objects. One object per subject decides about all its sessions, so that a revocation is visible
 * everywhere at once and limits are exact. This half chooses the object for a call; `session-object.ts` runs inside it.
 *
 * A subject's object is named by the subject's key. A caller that knows only the session id asks the session's own object: it
 * holds the record of an anonymous session and otherwise forwards the call. Either way it is one call from here.
 */
import type { DurableObjectStub } from '@cloudflare/workers-types';
import { sha256Base64url } from '../../shared/crypto/digest.ts';
import type { Loaded, Locator } from '../../shared/session/store/records.ts';
import { isName } from '../../shared/session/store/rows.ts';
import type { Store } from '../../shared/session/store/store.ts';
import {
  checkObjectName,
  controlObjectName,
  onceKeyObjectName,
  sessionObjectName,
  subjectObjectName,
} from './object-names.ts';
import type { ObjectBindings, SessionObject } from './session-object.ts';

const empty: Loaded = { record: null, revokedAt: null, subjectNotBefore: null, everyoneNotBefore: null };

export function createDurableObjectStore({ SESSION_OBJECTS, CONTROL_OBJECTS }: ObjectBindings): Store {
  // A new stub for each call: a stub that has failed once stays broken.
  const object = (name: string) => SESSION_OBJECTS.getByName(name);

  /** The object that should have the record, then the session's own object, which knows where the record is. */
  const candidates = ({ sessionId, subjectKey }: Locator): readonly string[] =>
    isName(subjectKey) ? [subjectObjectName(subjectKey), sessionObjectName(sessionId)] : [sessionObjectName(sessionId)];

  async function firstWithRecord<Answer>(
    locator: Locator,
    ask: (at: DurableObjectStub<SessionObject>) => Promise<Answer | 'absent'>,
  ): Promise<Answer | 'ended'> {
    if (!isName(locator.sessionId)) return 'ended';
    for (const name of candidates(locator)) {
      const answer = await ask(object(name));
      if (answer !== 'absent') return answer;
    }
    return 'ended';
  }

  return {
    create(record, now) {
      const { sessionId, subjectKey } = record;
      const at = object(sessionObjectName(sessionId));
      return subjectKey === null
        ? at.create(record, null, now)
        : at.createAt(subjectObjectName(subjectKey), record, now);
    },

    async load(locator, now) {
      const { sessionId, version = 0 } = locator;
      if (!isName(sessionId)) return empty;
      const ask = (name: string) => retryOnce(() => object(name).load(sessionId, version, now));
      const [first, second] = candidates(locator) as [string, string?];
      const loaded = await ask(first);
      if (loaded.record || loaded.revokedAt !== null || second === undefined) return loaded;
      const bySessionId = await ask(second);
      // The record decides which subject it belongs to. Without a record, the caller's subject counts.
      return bySessionId.record ? bySessionId : { ...bySessionId, subjectNotBefore: loaded.subjectNotBefore };
    },

    loadAll(subjectKey, sessionIds, now) {
      return Promise.all(sessionIds.map((sessionId) => this.load({ sessionId, subjectKey }, now)));
    },

    touch: (locator, lastSeenAt, now) =>
      firstWithRecord(locator, (at) => retryOnce(() => at.touch(locator.sessionId, lastSeenAt, now))),

    save: (record, now) => firstWithRecord(record, (at) => at.save(record, now)),

    revoke: (sessionId, revocation) =>
      retryOnce(() => object(sessionObjectName(sessionId)).revoke(sessionId, revocation)),

    revokeSubject: (subjectKey, notBefore, keepUntil) =>
      retryOnce(() => object(subjectObjectName(subjectKey)).revokeSubject(notBefore, keepUntil)),

    revokeEveryone: (notBefore, keepUntil) =>
      retryOnce(() => CONTROL_OBJECTS.getByName(controlObjectName).revokeEveryone(notBefore, keepUntil)),

    loadSessionIndex: (subjectKey) => retryOnce(() => object(subjectObjectName(subjectKey)).loadSessionIndex()),

    saveSessionIndex: (subjectKey, sealed, onRevision, keepUntil, now) =>
      object(subjectObjectName(subjectKey)).saveSessionIndex(sealed, onRevision, keepUntil, now),

    async readOnce(key, now) {
      return object(onceKeyObjectName(await sha256Base64url(key))).readOnce(now);
    },

    async claimOnce(key, value, keepUntil, now) {
      return object(onceKeyObjectName(await sha256Base64url(key))).claimOnce(value, keepUntil, now);
    },

    async check() {
      await retryOnce(() => object(checkObjectName).check());
      return [];
    },

    sweep: async () => {},
  };
}

/**
 * Retries a call that failed because the object was moved or restarted, as at every deployment. Only for idempotent calls: the
 * first attempt may have been executed. (Cloudflare, "Durable Objects: error handling".)
 */
async function retryOnce<Answer>(call: () => Promise<Answer>): Promise<Answer> {
  try {
    return await call();
  } catch (error) {
    const { retryable, overloaded } = error as { readonly retryable?: boolean; readonly overloaded?: boolean };
    if (!retryable || overloaded) throw error;
    return call();
  }
}
