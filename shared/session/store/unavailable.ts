/** The store did not answer. This says nothing about any session. */
export class StoreUnavailable extends Error {}

/**
 * Thrown by a store's check: the store answers, and a sign-in would fail or a promise not hold. The message is shown by
 * `readyz` to every caller, so it names what is wrong and no address.
 */
export class StoreUnfit extends StoreUnavailable {}

/** For the log: what was thrown, in a few words. */
export function reasonOf(thrown: unknown): string {
  if (thrown instanceof StoreUnavailable) return thrown.message;
  return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : 'unknown';
}
