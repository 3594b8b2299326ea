/** A short name for a configuration, so that two deployments can be compared at a glance and a pin can say what it was made under. */
import { hash } from '../routing/placement/hash.ts';

/** 16 hex digits. Equal values give equal names whatever the order of their keys; it guards nothing and hides nothing. */
export function revisionOf(value: unknown): string {
  const { high, low } = hash(canonicalJson(value));
  return [high, low].map((part) => part.toString(16).padStart(8, '0')).join('');
}

/** JSON with sorted keys, after RFC 8785. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (part === null || typeof part !== 'object' || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
