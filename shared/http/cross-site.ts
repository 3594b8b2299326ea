/**
 * Requests that another site makes in a person's name: unsafe methods and WebSocket upgrades. Fetch Metadata decides
 * where the browser sends it (W3C Fetch Metadata, section 2.3), Origin where it does not (RFC 6454, section 7.3). A
 * client that sends neither is not a browser and rides on nobody's cookies.
 */

import type { PublicOrigin } from '../config/settings.ts';
import type { Fields } from './headers.ts';

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

export function isCrossSite(method: string, headers: Fields, publicOrigins: readonly PublicOrigin[]): boolean {
  if (safeMethods.has(method) && !isWebSocketUpgrade(headers)) return false;
  const site = headers.get('sec-fetch-site');
  if (site !== null) return site !== 'same-origin' && site !== 'none';
  const origin = headers.get('origin');
  return origin !== null && !publicOrigins.some((ours) => ours.origin === origin);
}

export const isWebSocketUpgrade = (headers: Fields): boolean => headers.get('upgrade')?.toLowerCase() === 'websocket';
