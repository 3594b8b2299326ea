/**
 * Connections to origins. They outlive a request, and a Lambda sleeps between requests: a connection may have died in
 * the meantime without anybody here having been awake to notice.
 */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';

/** Below the 5 s after which Node servers, the quickest to do so, close an idle connection. */
const idleMs = 4_000;

export interface OriginConnections {
  /** The agent for a request that begins now. */
  agentFor(scheme: 'http' | 'https'): Promise<HttpAgent>;
}

export function createOriginConnections(now: () => number = Date.now): OriginConnections {
  const agents = {
    http: new HttpAgent({ keepAlive: true, timeout: idleMs }),
    https: new HttpsAgent({ keepAlive: true, timeout: idleMs }),
  };
  let lastUsedAt = now();

  return {
    async agentFor(scheme) {
      const sleptMs = now() - lastUsedAt;
      lastUsedAt = now();
      // The agent's own idle timers were frozen with the rest of us: nothing it still holds can be relied on.
      if (sleptMs >= idleMs) for (const agent of Object.values(agents)) dropIdle(agent);
      // One turn of the event loop, so that a connection that was closed while we were frozen is seen to be closed.
      else await new Promise((resolve) => setImmediate(resolve));
      return agents[scheme];
    },
  };
}

function dropIdle({ freeSockets }: HttpAgent): void {
  for (const sockets of Object.values(freeSockets)) for (const socket of [...(sockets ?? [])]) socket.destroy();
}
