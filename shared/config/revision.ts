/** A short name for a configuration. It tells two deployments apart, and a pin says under which one it was made. */
import { hash } from '../routing/placement/hash.ts';

/** 16 hex digits. The order of keys does not count. Not for security: the hash is not cryptographic. */
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
