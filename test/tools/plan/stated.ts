/** States as a configuration file has them, read for real. */
import type { AffinityInput } from '../../../shared/config/input.ts';
import { emptyDocument } from '../../../shared/routing/control/control.ts';
import type { State } from '../../../tools/plan/side.ts';
import { configured, settingsOf } from '../../shared/config/examples.ts';

/** One pool, `app`, behind one route. */
export function defined(origins: readonly object[], affinity: AffinityInput = {}): State {
  const pools = { app: { affinity, origins: origins.map((origin) => ({ url: 'https://origin.example', ...origin })) } };
  return { ...settingsOf(configured({ pools })), document: emptyDocument };
}
