/**
 * What identifies a client across requests: browser family and network. Coarse on purpose: a browser update or a new
 * address lease must not look like another client.
 */
import { memoize } from '../../cache/lru.ts';
import { networksOf } from '../../client/address.ts';

export interface Fingerprint {
  /** The browser's or tool's family, in lower case: `firefox`, `curl`. */
  readonly userAgent: string;
  /** The network, with the configured prefix: `203.0.113.0/24`. Empty when the address is unknown. */
  readonly network: string;
}

/** Binds nothing. For sessions that a service creates: it does not know the client. */
export const noFingerprint: Fingerprint = { userAgent: '', network: '' };

export function createFingerprints(prefixes: {
  readonly ipv4Prefix: number;
  readonly ipv6Prefix: number;
}): (client: { readonly userAgent: string; readonly address: string | null }) => Fingerprint {
  const networkOf = networksOf(prefixes);
  return ({ userAgent, address }) => ({
    userAgent: userAgentFamily(userAgent),
    network: address === null ? '' : networkOf(address),
  });
}

/** The first match counts: newer browsers also name older ones. */
const browsers: readonly (readonly [family: string, sign: RegExp])[] = [
  ['edge', /\bEdg(?:e|A|iOS)?\//],
  ['opera', /\bOPR\/|\bOpera\b/],
  ['samsung internet', /\bSamsungBrowser\//],
  ['firefox', /\b(?:Firefox|FxiOS)\//],
  ['chrome', /\b(?:Chrome|Chromium|CriOS|HeadlessChrome)\//],
  ['safari', /\bVersion\/[\d.]+.*\bSafari\//],
];
const systems: readonly (readonly [name: string, sign: RegExp])[] = [
  ['iPhone', /\biPhone\b/],
  ['iPad', /\biPad\b/],
  ['Android', /\bAndroid\b/],
  ['ChromeOS', /\bCrOS\b/],
  ['Windows', /\bWindows\b/],
  ['macOS', /\bMac OS X\b|\bMacintosh\b/],
  ['Linux', /\bLinux\b/],
];
/** The rest of a longer User-Agent is ignored. */
const maxUserAgentLength = 512;
const maxProductLength = 32;

const maxUserAgents = 1_000;

export const userAgentFamily = memoize(familyOf, { maxEntries: maxUserAgents, maxLength: maxUserAgentLength });

function familyOf(userAgent: string): string {
  const text = userAgent.slice(0, maxUserAgentLength);
  const browser = browsers.find(([, sign]) => sign.test(text));
  if (browser) return browser[0];
  const product = /^[A-Za-z0-9._-]+/.exec(text)?.[0] ?? '';
  return product.slice(0, maxProductLength).toLowerCase() || 'unknown';
}

/** A device's name in the list of devices: `Firefox on Linux`. */
export function deviceLabel(userAgent: string): string {
  const family = userAgentFamily(userAgent);
  const name = family === 'unknown' ? 'Unknown client' : family.replace(/\b[a-z]/g, (letter) => letter.toUpperCase());
  const system = systems.find(([, sign]) => sign.test(userAgent.slice(0, maxUserAgentLength)));
  return system ? `${name} on ${system[0]}` : name;
}
