import type { SessionSettings } from '../../config/settings.ts';
import type { KeyRing } from '../../crypto/key-ring.ts';
import type { Sealer } from '../../crypto/seal.ts';
import type { EmitEvent } from '../events.ts';
import type { RevocationCache } from '../store/revocation-cache.ts';

/** What every strategy is made of. */
export interface StrategyParts {
  readonly settings: SessionSettings;
  /** The keys of the data that origins see. */
  readonly shown: readonly string[];
  /** The `session` keys. */
  readonly ring: KeyRing;
  readonly sealer: Sealer;
  readonly recent: RevocationCache;
  readonly emit: EmitEvent;
  /** See `size.ts`. */
  readonly maxValueLength?: number;
}
