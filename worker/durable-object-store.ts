/**
 * The Store port on Durable Objects: one object per subject decides about all its sessions, so that a revocation is known
 * everywhere at once and limits are exact. `session-object.ts` is what runs inside; here is which object to ask.
 *
 * A subject's object is named by the subject's key. Who knows the family only asks the family's own object, which holds
 * the record when the session is anonymous and else passes the question on: one call from here either way.
 */
import type { DurableObjectStub } from '@cloudflare/workers-types';
import { sha256Base64url } from '../shared/crypto/digest.ts';
import type { Loaded, Locator } from '../shared/session/store/records.ts';
import { isName } from '../shared/session/store/rows.ts';
import type { Store } from '../shared/session/store/store.ts';
import type { ObjectBindings } from './bindings.ts';
import { checkObject, controlObject, placeObject, sessionObjectName, subjectObject } from './object-names.ts';
import type { SessionObject } from './session-object.ts';

const nothing: Loaded = { record: null, revokedAt: null, subjectNotBefore: null, everyoneNotBefore: null };

export function createDurableObjectStore({ SESSION_OBJECTS, CONTROL_OBJECTS }: ObjectBindings): Store {
  // A stub is made for each call: one that has failed stays broken.
  const object = (name: string) => SESSION_OBJECTS.getByName(name);

  /** The object where the record should be, and after it the family's own, which knows where it is. */
  const candidates = ({ sessionId, subjectKey }: Locator): readonly string[] =>
    isName(subjectKey) ? [subjectObject(subjectKey), sessionObjectName(sessionId)] : [sessionObjectName(sessionId)];

  async function firstToKnow<Answer>(
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
      return subjectKey === null ? at.create(record, null, now) : at.createAt(subjectObject(subjectKey), record, now);
    },

    async load(locator, now) {
      const { sessionId, version = 0 } = locator;
      if (!isName(sessionId)) return nothing;
      const ask = (name: string) => retryOnce(() => object(name).load(sessionId, version, now));
      const [first, second] = candidates(locator) as [string, string?];
      const loaded = await ask(first);
      if (loaded.record || loaded.revokedAt !== null || second === undefined) return loaded;
      const bySessionId = await ask(second);
      // The record, and not the caller, says whose it is; without one the caller's word has to do.
      return bySessionId.record ? bySessionId : { ...bySessionId, subjectNotBefore: loaded.subjectNotBefore };
    },

    touch: (locator, lastSeenAt, now) =>
      firstToKnow(locator, (at) => retryOnce(() => at.touch(locator.sessionId, lastSeenAt, now))),

    save: (record, now) => firstToKnow(record, (at) => at.save(record, now)),

    revoke: (sessionId, revocation) =>
      retryOnce(() => object(sessionObjectName(sessionId)).revoke(sessionId, revocation)),

    revokeSubject: (subjectKey, notBefore, keepUntil) =>
      retryOnce(() => object(subjectObject(subjectKey)).revokeSubject(notBefore, keepUntil)),

    revokeEveryone: (notBefore, keepUntil) =>
      retryOnce(() => CONTROL_OBJECTS.getByName(controlObject).revokeEveryone(notBefore, keepUntil)),

    loadSessionIndex: (subjectKey) => retryOnce(() => object(subjectObject(subjectKey)).loadSessionIndex()),

    saveSessionIndex: (subjectKey, sealed, onRevision, keepUntil, now) =>
      object(subjectObject(subjectKey)).saveSessionIndex(sealed, onRevision, keepUntil, now),

    async readOnce(key, now) {
      return object(placeObject(await sha256Base64url(key))).readOnce(now);
    },

    async claimOnce(key, value, keepUntil, now) {
      return object(placeObject(await sha256Base64url(key))).claimOnce(value, keepUntil, now);
    },

    check: () => retryOnce(() => object(checkObject).check()),
  };
}

/**
 * Asks once more when the object was being moved or restarted, as at every deployment. Only for what can be done twice:
 * whether the first try was carried out is not known. (Cloudflare, "Durable Objects: error handling".)
 */
async function retryOnce<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    const { retryable, overloaded } = error as { readonly retryable?: boolean; readonly overloaded?: boolean };
    if (!retryable || overloaded) throw error;
    return ask();
  }
}
