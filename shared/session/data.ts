import type { Claims } from './session.ts';
import type { DataPatch } from './strategy/lifecycle.ts';

/** Merges key by key; `null` removes a key (RFC 7396, at the top level only). */
export function mergeData(data: Claims, patch: DataPatch): Claims {
  const merged = new Map(Object.entries(data));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key);
    else merged.set(key, value);
  }
  return Object.fromEntries(merged);
}
