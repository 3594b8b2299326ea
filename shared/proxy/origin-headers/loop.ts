/** Loop detection with CDN-Loop (RFC 8586): a request that has been through this very gateway is refused with 508. */
import { fnv1a } from '../../cache/fnv1a.ts';
import type { Settings } from '../../config/settings.ts';
import type { Fields } from '../../http/headers.ts';

const pseudonym = 'berth';

/**
 * Which gateway we are, 8 hex digits: the same on every isolate and door that answers for these public origins, another
 * one for a second gateway in front of or behind us. Not the revision, which changes while a deployment is rolled out.
 */
export function gatewayIdOf({ publicOrigins, prefix }: Pick<Settings, 'publicOrigins' | 'prefix'>): string {
  const text = [prefix, ...publicOrigins.map(({ origin }) => origin).sort()].join(' ');
  return fnv1a(text).toString(16).padStart(8, '0');
}

export function isLoop(incoming: Fields, gatewayId: string): boolean {
  const passed = incoming.get('cdn-loop');
  if (passed === null || !passed.includes(gatewayId)) return false;
  return passed.split(',').some((element) => {
    const [name, ...parameters] = element.split(';').map((part) => part.trim().toLowerCase());
    return name === pseudonym && parameters.some((parameter) => parameter.replaceAll('"', '') === `id=${gatewayId}`);
  });
}

/** What a gateway of this id adds to the header. */
export const cdnLoopOf = (gatewayId: string): string => `${pseudonym}; id=${gatewayId}`;
