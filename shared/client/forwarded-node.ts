/**
 * Nodes as proxies write them (RFC 7239, section 6): an address, mostly with a port behind it, that has brackets around it
 * when it is IPv6 and quotes around all of it when somebody was strict. The port is of no use to anybody: it is left away.
 */
import { parseAddress } from './address.ts';

/** What may stand behind the colon: a number, or a name that hides it. */
const port = '(?::(?:\\d{1,5}|_[A-Za-z0-9._-]{1,64}))?';
const bracketed = new RegExp(`^\\[([0-9A-Fa-f:.]{2,45})\\]${port}$`);
const quad = new RegExp(`^([0-9.]{7,15})${port}$`);

/** Longer than any spelling of a node with its port, quotes and all. */
const longestNode = 128;

/**
 * The address of one element of X-Forwarded-For, as it was written there, without brackets and port. `null` for a node that
 * is not named (`unknown`, `_hidden`), and for everything else.
 */
export function addressOfNode(text: string): string | null {
  if (text.length > longestNode) return null;
  const node = unquoted(text.trim());
  const address = bracketed.exec(node)?.[1] ?? quad.exec(node)?.[1] ?? node;
  return parseAddress(address) === null ? null : address;
}

/** CloudFront writes the viewer's port behind an IPv6 address too, and no brackets: what stands behind the last colon. */
export function addressOfViewer(text: string): string | null {
  const portAway = text.replace(/:\d{1,5}$/, '');
  return addressOfNode(portAway) ?? addressOfNode(text);
}

/** None of the characters that may stand in a node needs a backslash before it. */
const unquoted = (text: string): string =>
  text.length > 1 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
