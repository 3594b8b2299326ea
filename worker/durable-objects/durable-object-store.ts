/**
 * The Store port on Durable Objects. One object per subject decides about all its sessions, so that a revocation is visible
 * everywhere at once and limits are exact. This half chooses the object for a call; `session-object.ts` runs inside it.
 *
 * A subject's object is named by the subject's key. A caller that knows only the session id asks the session's own object: it
 * holds the record of an anonymous session and otherwise forwards the call. Either way it is one call from here.
 */
import type { DurableObjectStub } from '@cloudflare/workers-types';
import { base64url, randomBytes } from '../../shared/crypto/bytes.ts';
import { sha256Base64url } from '../../shared/crypto/digest.ts';
import type { Activity, Loaded, Locator } from '../../shared/session/store/records.ts';
import { isName } from '../../shared/session/store/rows.ts';
import type { Store } from '../../shared/session/store/store.ts';
import { knownEveryone } from './known-everyone.ts';
import {
  checkObjectName,
  controlObjectName,
  onceKeyObjectName,
  sessionObjectName,
  subjectObjectName,
} from './object-names.ts';
import type { ObjectBindings, SessionObject } from './session-object.ts';
import { type Jurisdiction, withinJurisdiction } from './within-jurisdiction.ts';

const empty: Loaded = { record: null, revokedAt: null, subjectNotBefore: null, everyoneNotBefore: null };

/** `jurisdiction`: where the objects of sessions run and keep their data. The control object has none of it. */
export function createDurableObjectStore(
  { SESSION_OBJECTS, CONTROL_OBJECTS }: ObjectBindings,
  jurisdiction?: Jurisdiction,
): Store {
  const objects = withinJurisdiction(SESSION_OBJECTS, jurisdiction);
  // A new stub for each call: a stub that has failed once stays broken.
  const object = (name: string) => objects.getByName(name);

  /** The object that should have the record, then the session's own object, which knows where the record is. */
  const candidates = ({ sessionId, subjectKey }: Locator): readonly string[] =>
    isName(subjectKey) ? [subjectObjectName(subjectKey), sessionObjectName(sessionId)] : [sessionObjectName(sessionId)];

  async function firstWithRecord<Answer>(
    locator: Locator,
    ask: (at: () => DurableObjectStub<SessionObject>) => Promise<Answer | 'absent'>,
  ): Promise<Answer | 'ended'> {
    if (!isName(locator.sessionId)) return 'ended';
    for (const name of candidates(locator)) {
      const answer = await ask(() => object(name));
      if (answer !== 'absent') return answer;
    }
    return 'ended';
  }

  async function load(locator: Locator, now: number, activity?: Activity): Promise<Loaded> {
    const { sessionId, version = 0 } = locator;
    if (!isName(sessionId)) return empty;
    const ask = (name: string) =>
      retryOnce(() => object(name).load(sessionId, version, now, activity, knownEveryone(now)));
    const [first, second] = candidates(locator) as [string, string?];
    const loaded = await ask(first);
    if (isHere(loaded) || second === undefined) return loaded;
    const bySessionId = await ask(second);
    // The record decides which subject it belongs to. Without a record, the caller's subject counts.
    return bySessionId.record ? bySessionId : { ...bySessionId, subjectNotBefore: loaded.subjectNotBefore };
  }

  return {
    create(record, now) {
      const { sessionId, subjectKey } = record;
      const writeId = newWriteId();
      const at = () => object(sessionObjectName(sessionId));
      return retryOnce(() =>
        subjectKey === null
          ? at().create(record, null, now, writeId)
          : at().createAt(subjectObjectName(subjectKey), record, now, writeId),
      );
    },

    load,

    async loadAll(subjectKey, sessionIds, now) {
      const named = sessionIds.filter(isName);
      const ofSubject = isName(subjectKey) && named.length > 0;
      const found = ofSubject
        ? await retryOnce(() => object(subjectObjectName(subjectKey)).loadAll(named, now, knownEveryone(now)))
        : [];
      const byId = new Map(named.map((sessionId, i) => [sessionId, found[i]]));
      // One that is not there is not the subject's, or was collected.
      return Promise.all(
        sessionIds.map((sessionId) => {
          const loaded = byId.get(sessionId);
          return loaded && isHere(loaded) ? loaded : load({ sessionId, subjectKey }, now);
        }),
      );
    },

    touch: (locator, lastSeenAt, now) =>
      firstWithRecord(locator, (at) => retryOnce(() => at().touch(locator.sessionId, lastSeenAt, now))),

    save(record, now) {
      const writeId = newWriteId();
      return firstWithRecord(record, (at) => retryOnce(() => at().save(record, now, writeId)));
    },

    revoke(sessionId, revocation) {
      const writeId = newWriteId();
      return retryOnce(() => object(sessionObjectName(sessionId)).revoke(sessionId, revocation, writeId));
    },

    revokeSubject: (subjectKey, notBefore, keepUntil) =>
      retryOnce(() => object(subjectObjectName(subjectKey)).revokeSubject(notBefore, keepUntil)),

    revokeEveryone: (notBefore, keepUntil) =>
      retryOnce(() => CONTROL_OBJECTS.getByName(controlObjectName).revokeEveryone(notBefore, keepUntil)),

    loadSessionIndex: (subjectKey) => retryOnce(() => object(subjectObjectName(subjectKey)).loadSessionIndex()),

    saveSessionIndex(subjectKey, sealed, onRevision, keepUntil, now) {
      const writeId = newWriteId();
      return retryOnce(() =>
        object(subjectObjectName(subjectKey)).saveSessionIndex(sealed, onRevision, keepUntil, now, writeId),
      );
    },

    async readOnce(key, now) {
      const name = onceKeyObjectName(await sha256Base64url(key));
      return retryOnce(() => object(name).readOnce(now));
    },

    async claimOnce(key, value, keepUntil, now) {
      const name = onceKeyObjectName(await sha256Base64url(key));
      const writeId = newWriteId();
      return retryOnce(() => object(name).claimOnce(value, keepUntil, now, writeId));
    },

    async check() {
      await retryOnce(() => object(checkObjectName).check());
      return [];
    },

    sweep: async () => {},
  };
}

/** The record, or the marker of one that was collected. */
const isHere = ({ record, revokedAt }: Loaded): boolean => record !== null || revokedAt !== null;

const newWriteId = (): string => base64url(randomBytes(9));

/** Before a call is repeated. The random part keeps the callers of one object apart. */
const pauseMs = 50;
const maxJitterMs = 100;

/**
 * Repeats a call that failed because the object was moved or restarted, as at every deployment. The first attempt may have
 * been executed: a write has an id, by which the object recognizes it (`session-rows.ts`). The runtime repeats calls too;
 * this one is for what it gave up. (Cloudflare, "Durable Objects: error handling" and "Automatic retries".)
 */
async function retryOnce<Answer>(call: () => Promise<Answer>): Promise<Answer> {
  try {
    return await call();
  } catch (error) {
    const { retryable, durableObjectReset, overloaded } = error as Partial<Record<string, boolean>>;
    if (!(retryable || durableObjectReset) || overloaded) throw error;
    await new Promise((resolve) => setTimeout(resolve, pauseMs + Math.random() * maxJitterMs));
    return call();
  }
}
