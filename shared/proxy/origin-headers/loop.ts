/** Loop detection with CDN-Loop (RFC 8586): a request that has been through this very gateway is refused with 508. */
import { fnv1a } from '../../cache/fnv1a.ts';
import type { Settings } from '../../config/settings.ts';
import type { Fields } from '../../http/headers.ts';

const pseudonym = 'berth';

/**
 * The gateway's id, 8 hex digits: equal on every isolate and platform that answers for the same public origins, and different
 * for another gateway in front of it or behind it. It does not depend on the revision, which changes during a roll-out.
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

/** The element that this gateway adds to the header. */
export const cdnLoopOf = (gatewayId: string): string => `${pseudonym}; id=${gatewayId}`;
