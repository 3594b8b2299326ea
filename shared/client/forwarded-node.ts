/**
 * Nodes as proxies write them (RFC 7239, section 6): an address, often with a port. IPv6 may be in brackets, and the whole
 * node in quotes. The port is dropped.
 */
import { parseAddress } from './address.ts';

/** A port number, or an obfuscated port. */
const port = '(?::(?:\\d{1,5}|_[A-Za-z0-9._-]{1,64}))?';
const bracketed = new RegExp(`^\\[([0-9A-Fa-f:.]{2,45})\\]${port}$`);
const quad = new RegExp(`^([0-9.]{7,15})${port}$`);

/** Longer than any node with its port and quotes. */
const longestNode = 128;

/**
 * The address of one element of X-Forwarded-For, as written there, without brackets and port. `null`: not an address, such as
 * `unknown` or `_hidden`.
 */
export function addressOfNode(text: string): string | null {
  if (text.length > longestNode) return null;
  const node = unquoted(text.trim());
  const address = bracketed.exec(node)?.[1] ?? quad.exec(node)?.[1] ?? node;
  return parseAddress(address) === null ? null : address;
}

/** CloudFront appends the viewer's port to IPv6 addresses without brackets, so the port follows the last colon. */
export function addressOfViewer(text: string): string | null {
  const portAway = text.replace(/:\d{1,5}$/, '');
  return addressOfNode(portAway) ?? addressOfNode(text);
}

/** No character of a node needs a backslash, so none is removed. */
const unquoted = (text: string): string =>
  text.length > 1 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
