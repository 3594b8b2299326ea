/**
 * A session store: the sum of four ports. `*-store.ts` lists the implementations, `config/stores.ts` has one row for each, and
 * `test/contracts/session-store` holds them to the ports' comments.
 */
import type { Issue } from '../../config/settings.ts';
import type { Endings } from './endings.ts';
import type { OnceKeys } from './once-keys.ts';
import type { Records } from './records.ts';
import type { SessionIndexes } from './session-indexes.ts';

export interface Store extends Records, Endings, SessionIndexes, OnceKeys {
  /**
   * For `readyz`: throws, with the reason, where a sign-in would fail. It writes where a write is cheap; a store that counts
   * writes says how the last ones went. Answers what an operator should know of a store that works.
   */
  check(now: number): Promise<readonly string[]>;

  /** Housekeeping, called about once a minute: deletes what its storage does not delete by itself. */
  sweep(now: number): Promise<void>;
}

/** What a door's factory of a store answers (`worker/stores.ts`, `lambda/stores.ts`). */
export type CreatedStore =
  | { readonly kind: 'store'; readonly store: Store }
  /** The door's environment lacks something, or has it in a wrong form. */
  | { readonly kind: 'issue'; readonly issue: Issue };
