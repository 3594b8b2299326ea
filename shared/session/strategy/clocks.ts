/**
 * Endings by time hold although the clocks of gateways differ: an end reaches sessions that a clock ahead has stamped, and a
 * session that begins after an end is stamped later than it.
 */
import type { SessionSettings } from '../../config/settings.ts';
import { traitsOf } from '../../config/stores.ts';
import { skewMs } from '../../time/skew.ts';
import type { Store } from '../store/store.ts';
import type { StrategyParts } from './parts.ts';

/** How far the clocks of those who write to the store may differ. Workers alone have one clock, Cloudflare's. */
export const clockDifferenceMs = ({ store }: Pick<SessionSettings, 'store'>): number =>
  store !== null && traitsOf(store).doors.some((door) => door === 'lambda') ? skewMs : 0;

/**
 * The moment that a new session is stamped with: `now`, or later where an end of its subject or of everyone says so. Only
 * where clocks may differ this asks the store.
 */
export async function stampAfterEndings(
  { settings, recent, store }: Pick<StrategyParts, 'settings' | 'recent'> & { readonly store: Store | null },
  session: { readonly sessionId: string; readonly subjectKey: string | null },
  now: number,
): Promise<number> {
  const asks = store !== null && session.subjectKey !== null && clockDifferenceMs(settings) > 0;
  const loaded = asks ? await store.load(session, now) : null;
  const ends = [recent.notBeforeOf(session.subjectKey), loaded?.subjectNotBefore, loaded?.everyoneNotBefore];
  return Math.max(now, ...ends.map((end) => (end ?? 0) + 1));
}
