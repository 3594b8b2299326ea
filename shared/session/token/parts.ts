import type { Store } from '../store/store.ts';
import type { StrategyParts } from '../strategy/parts.ts';

export interface TokenParts extends StrategyParts {
  /** The public origins. The first one is `iss` and `aud` of new tokens; each is accepted. */
  readonly issuers: readonly string[];
  /** Keeps revocations and session indexes. `null`: there are none. */
  readonly store: Store | null;
}
