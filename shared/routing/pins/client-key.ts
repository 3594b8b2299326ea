import { networksOf, prefixOf } from '../../client/address.ts';
import type { AffinityBy } from '../../config/settings.ts';
import { type Fields, fieldName } from '../../http/headers.ts';

/** Networks of this size usually belong to one household or office: roaming inside them must not look like a new client. */
export const defaultKeyPrefix = { ipv4Prefix: 24, ipv6Prefix: 56 };

const usualNetworkOf = networksOf(defaultKeyPrefix);

/** Clients that nobody can tell apart share a key, and so an origin, until they have a session or a pin. */
const nobody = 'nobody';

/**
 * The text that stands for a client wherever a hash decides: its session's family when there is one, else the network
 * it comes from. Two requests with the same key are given the same origins in the same order, on every isolate.
 */
export function clientKeyOf(
  client: { readonly sessionId: string | null; readonly address: string | null },
  prefix: { readonly ipv4Prefix: number; readonly ipv6Prefix: number } = defaultKeyPrefix,
): string {
  const { sessionId, address } = client;
  if (sessionId !== null) return sessionId;
  if (address === null) return nobody;
  const network =
    prefix === defaultKeyPrefix ? usualNetworkOf(address) : prefixOf(address, prefix.ipv4Prefix, prefix.ipv6Prefix);
  return network || nobody;
}

/** A value that names a client is some tens of characters; hashing more would be work for an attacker's sake. */
const longestValueBytes = 256;

/** The key as the pool's affinity wants it: the client's own value, its network, or as above. */
export function clientKeyFor(
  by: AffinityBy,
  client: { readonly sessionId: string | null; readonly address: string | null },
  request: Fields,
): string {
  if (by.kind === 'ip') return clientKeyOf({ sessionId: null, address: client.address }, by);
  if (by.kind === 'header' && by.value === 'hash') {
    const name = fieldName(by.name);
    const value = request.get(name);
    // Headers hold one character per byte. Names keep one header's values from being another's, or anybody's family.
    if (value && value.length <= longestValueBytes) return `${name}: ${value}`;
  }
  return clientKeyOf(client);
}
