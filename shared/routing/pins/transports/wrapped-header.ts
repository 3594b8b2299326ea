/**
 * A pin behind an id that the origin issues in a reply header and the client sends back, as MCP servers do with
 * `Mcp-Session-Id` (Model Context Protocol, 2025-06-18, Streamable HTTP, "Session Management"). Nothing is stored: the id
 * goes out with the pin behind it, and comes to its origin as the origin issued it (`restoring.ts`).
 */
import { fieldName, hasLostBytes } from '../../../http/headers.ts';
import type { PinExchange, PinTransport } from './transport.ts';
import { headerLabel, pinLength, unwrapped, wrapped } from './wrapping.ts';

/** An id is some tens of characters. What is longer is none, and passes as it is. */
const longestValue = 1_024;

export function wrappedHeaderTransport(configured: string): PinTransport {
  const name = fieldName(configured);

  return {
    label: headerLabel(name),

    find(request) {
      const text = request.get(name);
      const found = text === null ? null : unwrapped(text);
      return found === null ? [] : [found];
    },

    async write(reply, { received: came, replacement: due, pinToServer: here, seal }) {
      const { sealed: held, reading } = came;
      const issued = reply.get(name);
      if (issued === null) {
        // A client that takes the id from every reply, as the MCP SDKs do, learns of the move at once.
        const value = due && heldIn(came);
        if (value) reply.set(name, wrapped(value, await seal(due, value)));
        return;
      }
      if (issued === '' || issued.length > longestValue || hasLostBytes(issued)) return;
      const isHeld = held?.value === issued;
      const kept = isHeld && !due && reading.kind === 'valid' ? reading.pin : null;
      if (held && kept && held.text.length === pinLength) return void reply.set(name, wrapped(issued, held.text));
      const pin = isHeld ? (due ?? kept) : here;
      if (pin) reply.set(name, wrapped(issued, await seal(pin, issued)));
    },

    reachesClient: (reply, came) => reply.has(name) || heldIn(came) !== null,
  };
}

/** An id that can be told again, because it came with a pin of ours. */
const heldIn = ({ sealed, reading }: PinExchange['received']): string | null =>
  reading.kind === 'forged' ? null : (sealed?.value ?? null);
