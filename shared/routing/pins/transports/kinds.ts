/** The kinds of affinity, by how a client is recognised. */
import type { AffinityBy } from '../../../config/settings.ts';

/** The client holds nothing: its key leads it to the same origin again. */
export const isByKey = (by: AffinityBy): boolean =>
  by.kind === 'ip' || by.kind === 'session' || (by.kind === 'header' && by.value === 'hash');

/** The client holds a pin, which some transport carries. */
export const holdsPin = (by: AffinityBy): boolean => by.kind !== 'off' && !isByKey(by);

/** The pin stands behind a value of the application's own. */
export const standsBehindValue = (by: AffinityBy): boolean =>
  by.kind === 'origin-cookie' || (by.kind === 'header' && by.value === 'wrap');
