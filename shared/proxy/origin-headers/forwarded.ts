/** Who asked, through whom and for which host: `X-Forwarded-*` and `Forwarded` (RFC 7239), never the client's own. */
import type { ClientFacts } from '../../client/facts.ts';
import type { HeaderLine } from '../../http/headers.ts';

export function forwardedHeaders({ address, forwardedFor, publicOrigin }: ClientFacts): HeaderLine[] {
  const addresses = address === null ? forwardedFor : [address, ...forwardedFor];
  const { host, scheme } = publicOrigin;
  const lines: HeaderLine[] = [
    ['x-forwarded-host', host],
    ['x-forwarded-proto', scheme],
    ['forwarded', forwarded(addresses, host, scheme)],
  ];
  if (addresses.length > 0) lines.push(['x-forwarded-for', addresses.join(', ')]);
  return lines;
}

/** One element per address. Only the first says what the client itself asked for. */
function forwarded(addresses: readonly string[], host: string, scheme: string): string {
  const [first] = addresses;
  const asked = `host=${isToken.test(host) ? host : `"${host}"`};proto=${scheme}`;
  let text = `for=${first === undefined ? 'unknown' : node(first)};${asked}`;
  for (let i = 1; i < addresses.length; i++) text += `, for=${node(addresses[i] as string)}`;
  return text;
}

const isToken = /^[A-Za-z0-9.-]+$/;

/** An IPv6 address has brackets, and with them needs quotes (section 6). */
const node = (address: string): string => (address.includes(':') ? `"[${address}]"` : address);
