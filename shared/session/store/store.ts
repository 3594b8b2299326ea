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
  /** One cheap round trip, for `readyz`. */
  check(): Promise<void>;
}

/** What a door's factory of a store answers (`worker/stores.ts`, `lambda/stores.ts`). */
export type CreatedStore =
  | { readonly kind: 'store'; readonly store: Store }
  /** The door's environment lacks something, or has it in a wrong form. */
  | { readonly kind: 'issue'; readonly issue: Issue };
