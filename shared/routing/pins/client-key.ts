/** The client key: the text by which the hash places a client. */
import { householdPrefix, networksOf, prefixOf } from '../../client/address.ts';
import type { AffinityBy } from '../../config/settings.ts';
import { type Fields, fieldName } from '../../http/headers.ts';

export interface KeyFacts {
  readonly sessionId: string | null;
  readonly address: string | null;
}

const networkOf = networksOf(householdPrefix);

/** Clients without a session and an address share this key, and so an origin, until they have a session or a pin. */
const unknownClient = 'nobody';

/**
 * The id of the client's session, else the network that it comes from: roaming inside a household or an office must not
 * make it a new client. Requests with the same key get the same origins in the same order, on every isolate.
 */
export function clientKeyOf(
  { sessionId, address }: KeyFacts,
  prefix: { readonly ipv4Prefix: number; readonly ipv6Prefix: number } = householdPrefix,
): string {
  if (sessionId !== null) return sessionId;
  if (address === null) return unknownClient;
  const network =
    prefix === householdPrefix ? networkOf(address) : prefixOf(address, prefix.ipv4Prefix, prefix.ipv6Prefix);
  return network || unknownClient;
}

/** Values that identify a client are short. Longer ones are not hashed, because that would only serve an attacker. */
const maxValueLength = 256;

/** The key that the pool's affinity asks for: the value of a header, the client's network, or as `clientKeyOf` says. */
export function clientKeyFor(by: AffinityBy, client: KeyFacts, request: Fields): string {
  if (by.kind === 'ip') return clientKeyOf({ sessionId: null, address: client.address }, by);
  if (by.kind === 'header' && by.value === 'hash') {
    const name = fieldName(by.name);
    const value = request.get(name);
    // With its name in front, a value is never taken for another header's value or for a session's id.
    if (value && value.length <= maxValueLength) return `${name}: ${value}`;
  }
  return clientKeyOf(client);
}
