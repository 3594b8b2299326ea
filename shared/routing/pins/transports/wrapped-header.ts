/**
 * A pin behind an id that the origin issues in a reply header and the client sends back, as MCP servers do with
 * `Mcp-Session-Id` (Model Context Protocol, 2025-06-18, Streamable HTTP, "Session Management"). The gateway stores nothing:
 * the id goes out with the pin behind it, and the origin gets it back as it issued it (`restoring.ts`).
 */
import { fieldName, hasLostBytes } from '../../../http/headers.ts';
import type { PinExchange, PinTransport } from './transport.ts';
import { headerLabel, pinLength, unwrapped, wrapped } from './wrapping.ts';

/** Longer values are not ids, and pass unchanged. */
const maxIdLength = 1_024;

export function wrappedHeaderTransport(configured: string): PinTransport {
  const name = fieldName(configured);

  return {
    label: headerLabel(name),

    find(request) {
      const text = request.get(name);
      const found = text === null ? null : unwrapped(text);
      return found === null ? [] : [found];
    },

    async write(reply, { received, replacement, toServer, seal }) {
      const { sealed: held, reading } = received;
      const issued = reply.get(name);
      if (issued === null) {
        // A client that takes the id from every reply, as the MCP SDKs do, learns of the move at once.
        const value = replacement && idHeld(received);
        if (value) reply.set(name, wrapped(value, await seal(replacement, value)));
        return;
      }
      if (issued === '' || issued.length > maxIdLength || hasLostBytes(issued)) return;
      const isHeld = held?.value === issued;
      const kept = isHeld && !replacement && reading.kind === 'valid' ? reading.pin : null;
      if (held && kept && held.text.length === pinLength) return void reply.set(name, wrapped(issued, held.text));
      const pin = isHeld ? (replacement ?? kept) : toServer;
      if (pin) reply.set(name, wrapped(issued, await seal(pin, issued)));
    },

    reachesClient: (reply, received) => reply.has(name) || idHeld(received) !== null,
  };
}

/** The client's id, if it came with a pin of ours. */
const idHeld = ({ sealed, reading }: PinExchange['received']): string | null =>
  reading.kind === 'forged' ? null : (sealed?.value ?? null);
