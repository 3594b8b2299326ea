/**
 * Ends sessions: in this isolate at once, which refuses them even if the store is down, and in the store for all others.
 * What the store did not accept is written later (`unwritten-endings.ts`). Without a store only this isolate knows.
 */
import type { EndReason } from '../store/endings.ts';
import { expiryMarginMs } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import { clockDifferenceMs } from './clocks.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { StrategyParts } from './parts.ts';
import { readIndex } from './read-index.ts';
import { subjectKeyOf } from './subject-key.ts';
import { createEndingWriter, noEndingWriter, type UnwrittenEndings } from './unwritten-endings.ts';

export interface SessionEndings {
  readonly end: Lifecycle['end'];
  readonly endSubject: NonNullable<Lifecycle['endSubject']>;
  readonly endEveryone: NonNullable<Lifecycle['endEveryone']>;
  /** Ends the subject's sessions that are stamped with that moment or an earlier one. */
  endSubjectUpTo(subjectKey: string, notBefore: number, now: number): Promise<void>;
  /** Ends a session without an event. */
  revoke(sessionId: string, why: EndReason, now: number): Promise<void>;
  /**
   * Ends a session that goes on as `successor`. `false`: it had been ended before, and the successor is ended with it. In an
   * outage the successor is ended too: nothing is known of the session then.
   */
  replace(sessionId: string, successor: string, now: number): Promise<boolean>;
  readonly unwritten: UnwrittenEndings;
}

export function createSessionEndings({
  settings,
  recent,
  emit,
  sealer,
  store,
}: Pick<StrategyParts, 'settings' | 'recent' | 'emit' | 'sealer'> & {
  readonly store: Store | null;
}): SessionEndings {
  const aheadMs = clockDifferenceMs(settings);
  const writer = store ? createEndingWriter(store, recent) : noEndingWriter;
  const keepUntil = (now: number): number => now + settings.absoluteMs + expiryMarginMs;
  const write = (sessionId: string, why: EndReason, now: number): Promise<void> =>
    writer.writeNow({ kind: 'session', sessionId, revocation: { at: now, why, keepUntil: keepUntil(now) } }, now);

  async function revoke(sessionId: string, why: EndReason, now: number): Promise<void> {
    recent.endSession(sessionId, 'ended');
    await write(sessionId, why, now);
  }

  async function endSubjectUpTo(subjectKey: string, notBefore: number, now: number): Promise<void> {
    recent.endSubject(subjectKey, notBefore);
    await writer.writeNow({ kind: 'subject', subjectKey, notBefore, keepUntil: keepUntil(notBefore) }, now);
  }

  /** Now, or the latest moment that a session of the subject is stamped with: a clock may be ahead of this one. */
  async function latestBeginning(subjectKey: string, now: number): Promise<number> {
    if (store === null || aheadMs === 0) return now;
    try {
      const { entries } = await readIndex({ store, sealer }, subjectKey, now);
      return Math.max(now, ...entries.map(({ createdAt }) => createdAt));
    } catch {
      return now + aheadMs;
    }
  }

  return {
    revoke,
    endSubjectUpTo,
    unwritten: writer,

    async end(sessionId, why, now) {
      recent.endSession(sessionId, why === 'superseded' ? 'replaced' : 'ended', now);
      emit({ event: 'session-ended', sessionId, why });
      await write(sessionId, why, now);
    },

    async replace(sessionId, successor, now) {
      let isReplaced = false;
      try {
        const revocation = { at: now, why: 'superseded', keepUntil: keepUntil(now), successor } as const;
        // Asked again, since the answer may be lost of a call that was carried out.
        const write = async () => (await store?.revoke(sessionId, revocation)) ?? null;
        const earlier = await write().catch(write);
        isReplaced = earlier === null || earlier.successor === successor;
        // Requests in flight with the old cookie must not clear the new one.
        recent.endSession(sessionId, 'replaced', now);
      } finally {
        if (!isReplaced) await revoke(successor, 'superseded', now).catch(() => {});
      }
      return isReplaced;
    },

    async endSubject(subject, now) {
      const key = await subjectKeyOf(subject);
      recent.endSubject(key, now);
      await endSubjectUpTo(key, await latestBeginning(key, now), now);
    },

    async endEveryone(now) {
      // Nobody knows the latest of all sessions, so this reaches as far ahead as a clock may be.
      const notBefore = now + aheadMs;
      recent.endEveryone(notBefore);
      await writer.writeNow({ kind: 'everyone', notBefore, keepUntil: keepUntil(notBefore) }, now);
    },
  };
}
