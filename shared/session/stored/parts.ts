import type { StoreTraits } from '../../config/stores.ts';
import type { Store } from '../store/store.ts';
import type { StrategyParts } from '../strategy/parts.ts';
import type { NextSecrets } from './next-secret.ts';

export interface StoredParts extends StrategyParts {
  readonly store: Store;
  readonly traits: StoreTraits;
  readonly nextSecrets: NextSecrets;
}
