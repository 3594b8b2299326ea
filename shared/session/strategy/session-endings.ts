/**
 * Ends sessions: in this isolate at once, which refuses them even if the store is down, and in the store for all others.
 * Without a store only this isolate knows.
 */
import type { Endings, EndReason } from '../store/endings.ts';
import { expiryMarginMs } from '../store/rows.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { StrategyParts } from './parts.ts';
import { subjectKeyOf } from './subject-key.ts';

export interface SessionEndings {
  readonly end: Lifecycle['end'];
  readonly endSubject: NonNullable<Lifecycle['endSubject']>;
  readonly endEveryone: NonNullable<Lifecycle['endEveryone']>;
  /** Ends a session without an event. */
  revoke(sessionId: string, why: EndReason, now: number): Promise<void>;
}

export function createSessionEndings({
  settings,
  recent,
  emit,
  store,
}: Pick<StrategyParts, 'settings' | 'recent' | 'emit'> & { readonly store: Endings | null }): SessionEndings {
  const keepUntil = (now: number): number => now + settings.absoluteMs + expiryMarginMs;
  const write = async (sessionId: string, why: EndReason, now: number): Promise<void> => {
    await store?.revoke(sessionId, { at: now, why, keepUntil: keepUntil(now) });
  };

  return {
    async end(sessionId, why, now) {
      recent.endSession(sessionId, why === 'superseded' ? 'replaced' : 'ended', now);
      emit({ event: 'session-ended', sessionId, why });
      await write(sessionId, why, now);
    },
    async revoke(sessionId, why, now) {
      recent.endSession(sessionId, 'ended');
      await write(sessionId, why, now);
    },
    async endSubject(subject, now) {
      const key = await subjectKeyOf(subject);
      recent.endSubject(key, now);
      await store?.revokeSubject(key, now, keepUntil(now));
    },
    async endEveryone(now) {
      recent.endEveryone(now);
      await store?.revokeEveryone(now, keepUntil(now));
    },
  };
}
