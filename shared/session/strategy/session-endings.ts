/**
 * Ends sessions: in this isolate at once, which refuses them even if the store is down, and in the store for all others.
 * What the store did not accept is written later (`unwritten-endings.ts`). Without a store only this isolate knows.
 */
import type { Endings, EndReason } from '../store/endings.ts';
import { expiryMarginMs } from '../store/rows.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { StrategyParts } from './parts.ts';
import { subjectKeyOf } from './subject-key.ts';
import { createEndingWriter, noEndingWriter, type UnwrittenEndings } from './unwritten-endings.ts';

export interface SessionEndings {
  readonly end: Lifecycle['end'];
  readonly endSubject: NonNullable<Lifecycle['endSubject']>;
  readonly endEveryone: NonNullable<Lifecycle['endEveryone']>;
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
  store,
}: Pick<StrategyParts, 'settings' | 'recent' | 'emit'> & { readonly store: Endings | null }): SessionEndings {
  const writer = store ? createEndingWriter(store, recent) : noEndingWriter;
  const keepUntil = (now: number): number => now + settings.absoluteMs + expiryMarginMs;
  const write = (sessionId: string, why: EndReason, now: number): Promise<void> =>
    writer.writeNow({ kind: 'session', sessionId, revocation: { at: now, why, keepUntil: keepUntil(now) } }, now);

  async function revoke(sessionId: string, why: EndReason, now: number): Promise<void> {
    recent.endSession(sessionId, 'ended');
    await write(sessionId, why, now);
  }

  return {
    revoke,
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
        const earlier = (await store?.revoke(sessionId, revocation)) ?? null;
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
      await writer.writeNow({ kind: 'subject', subjectKey: key, notBefore: now, keepUntil: keepUntil(now) }, now);
    },

    async endEveryone(now) {
      recent.endEveryone(now);
      await writer.writeNow({ kind: 'everyone', notBefore: now, keepUntil: keepUntil(now) }, now);
    },
  };
}
