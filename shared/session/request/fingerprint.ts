/**
 * What can be recognised of a client without asking it: coarse on purpose, so that an update of a browser or a new lease
 * of an address is not somebody else.
 */
import { memoize } from '../../cache/lru.ts';
import { networksOf } from '../../client/address.ts';

export interface Fingerprint {
  /** The browser's or tool's family, in lower case: `firefox`, `curl`. */
  readonly userAgent: string;
  /** The network, as wide as the configuration says: `203.0.113.0/24`; empty when the address is not known. */
  readonly network: string;
}

/** Of nobody in particular: binds nothing. For sessions that a service begins for a client it has not met. */
export const noFingerprint: Fingerprint = { userAgent: '', network: '' };

/** Prefixes: as the configuration has them. */
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

/** The first that fits: later browsers carry the names of earlier ones. */
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
/** Longer ones say nothing more, and every one is looked at. */
const maxLookedAt = 512;
const longestProduct = 32;

const maxUserAgents = 1_000;

export const userAgentFamily = memoize(lookOver, { maxEntries: maxUserAgents, maxLength: maxLookedAt });

function lookOver(userAgent: string): string {
  const text = userAgent.slice(0, maxLookedAt);
  const browser = browsers.find(([, sign]) => sign.test(text));
  if (browser) return browser[0];
  const product = /^[A-Za-z0-9._-]+/.exec(text)?.[0] ?? '';
  return product.slice(0, longestProduct).toLowerCase() || 'unknown';
}

/** What a person calls the device: `Firefox on Linux`. */
export function deviceLabel(userAgent: string): string {
  const family = userAgentFamily(userAgent);
  const name = family === 'unknown' ? 'Unknown client' : family.replace(/\b[a-z]/g, (letter) => letter.toUpperCase());
  const system = systems.find(([, sign]) => sign.test(userAgent.slice(0, maxLookedAt)));
  return system ? `${name} on ${system[0]}` : name;
}
