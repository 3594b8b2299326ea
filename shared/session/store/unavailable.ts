/** The store did not answer. This says nothing about any session. */
export class StoreUnavailable extends Error {}

/** For the log: what was thrown, in a few words. */
export function reasonOf(thrown: unknown): string {
  if (thrown instanceof StoreUnavailable) return thrown.message;
  return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : 'unknown';
}
