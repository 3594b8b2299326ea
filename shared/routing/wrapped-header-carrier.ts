/**
 * A pin behind an id that the origin issues in a reply header and the client sends back, as MCP servers do with
 * `Mcp-Session-Id` (Model Context Protocol, 2025-06-18, Streamable HTTP, "Session Management"). Nothing is stored: the id
 * goes out with the pin behind it, and comes to its origin as the origin issued it.
 */
import { fieldName, hasLostBytes } from '../http/headers.ts';
import type { Carrier } from './carrier.ts';
import { unwrapped, wrapped } from './wrapping.ts';

/** An id is some tens of characters. What is longer is none, and passes as it is. */
const longestValue = 1_024;

export function wrappedHeaderCarrier(configured: string): Carrier {
  const name = fieldName(configured);

  return {
    label: `wrapped header ${name}`,

    find(request) {
      const text = request.get(name);
      const found = text === null ? null : unwrapped(text);
      return found === null ? [] : [found];
    },

    async write(reply, { came, due, here, seal }) {
      const held = came.sealed;
      const issued = reply.get(name);
      if (issued === null) {
        // A client that takes the id from every reply, as the MCP SDKs do, learns of the move at once.
        if (due && held?.value && came.reading.kind !== 'forged') {
          reply.set(name, wrapped(held.value, await seal(due, held.value)));
        }
        return;
      }
      if (issued === '' || issued.length > longestValue || hasLostBytes(issued)) return;
      const isHeld = held?.value === issued;
      if (isHeld && !due) return void reply.set(name, wrapped(issued, held.text));
      const pin = isHeld ? due : here;
      if (pin) reply.set(name, wrapped(issued, await seal(pin, issued)));
    },

    async restore(request, isOurs) {
      const text = request.get(name);
      const found = text === null ? null : unwrapped(text);
      return found && (await isOurs(found)) ? [name, found.value] : null;
    },
  };
}
