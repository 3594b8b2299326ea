/**
 * Kept connections to origins. Lambda freezes the process between requests, and an origin may close a connection in the
 * meantime without this process noticing.
 */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';

/** Less than the 5 s after which a Node server closes an idle connection: no common server closes sooner. */
const idleMs = 4_000;

export interface OriginConnections {
  /** The agent for a request that is sent now. */
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
      const idleForMs = now() - lastUsedAt;
      lastUsedAt = now();
      // The agent's idle timers were frozen with the process, so its idle connections may be dead.
      if (idleForMs >= idleMs) for (const agent of Object.values(agents)) dropIdle(agent);
      // One turn of the event loop, in which Node notices connections that were closed while the process was frozen.
      else await new Promise((resolve) => setImmediate(resolve));
      return agents[scheme];
    },
  };
}

function dropIdle({ freeSockets }: HttpAgent): void {
  for (const sockets of Object.values(freeSockets)) for (const socket of [...(sockets ?? [])]) socket.destroy();
}
