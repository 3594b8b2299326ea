/** Makes the store's outages visible: counts every call, and writes one line when the store stops and one when it is back. */
import type { StoreKind } from '../config/stores.ts';
import type { Counting } from '../metrics/flush.ts';
import type { Platform } from '../platform.ts';
import type { StoreObserver } from '../session/store/bounded-store.ts';
import { logEvent } from './events.ts';

export function createStoreObserver(
  store: StoreKind,
  platform: Pick<Platform, 'log' | 'now'>,
  counting: Pick<Counting, 'noteStoreCall'>,
): StoreObserver {
  let latestCause = '';
  const log = (event: 'store-down' | 'store-up', since: number): void =>
    logEvent(platform, event, { store, cause: latestCause, since: new Date(since).toISOString() });
  return {
    now: () => platform.now(),
    onCall: (operation, outcome, tookMs) => counting.noteStoreCall(store, operation, outcome, tookMs),
    onDown(cause, since) {
      latestCause = cause;
      log('store-down', since);
    },
    onUp: (since) => log('store-up', since),
  };
}
