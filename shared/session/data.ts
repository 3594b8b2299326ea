import type { Claims } from './session.ts';
import type { DataPatch } from './strategy.ts';

/** Key by key, the last one wins; `null` removes (RFC 7396 at the top level only). */
export function mergeData(data: Claims, patch: DataPatch): Claims {
  const merged: Record<string, unknown> = { ...data };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = value;
  }
  return merged;
}
