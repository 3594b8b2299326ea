/**
 * Connections to origins. They outlive a request, and a Lambda sleeps between requests: a connection may have died in
 * the meantime without anybody here having been awake to notice.
 */
import { Agent, buildConnector } from 'undici';

/** Across the world a TCP and TLS handshake stays under a second; what takes longer is better tried elsewhere. */
const connectTimeoutMs = 3_000;
/** Below the 5 s after which Node servers, the quickest to do so, close an idle connection. */
const idleMs = 4_000;
/** What Workers allow for all headers of a reply, so that both doors pass the same replies. */
const mostHeaderBytes = 128 * 1024;

export interface OriginConnections {
  /** The agent for a request that begins now. */
  current(): Promise<Agent>;
  /** True for an error that came up before there was a connection, so that no byte of a request was sent. */
  neverConnected(error: unknown): boolean;
}

export function createOriginConnections(now: () => number): OriginConnections {
  const failedToConnect = new WeakSet<object>();
  let agent = createAgent(failedToConnect);
  let lastUsedAt = now();

  return {
    async current() {
      const sleptMs = now() - lastUsedAt;
      lastUsedAt = now();
      if (sleptMs < idleMs) {
        // One turn of the event loop, so that a connection that was closed while we were frozen is seen to be closed.
        await new Promise((resolve) => setImmediate(resolve));
        return agent;
      }
      // The agent's own idle timers were frozen with the rest of us: nothing it still holds can be relied on.
      agent.close().catch(() => undefined);
      agent = createAgent(failedToConnect);
      return agent;
    },
    neverConnected: (error) => typeof error === 'object' && error !== null && failedToConnect.has(error),
  };
}

function createAgent(failedToConnect: WeakSet<object>): Agent {
  const connector = buildConnector({ timeout: connectTimeoutMs, allowH2: false });
  return new Agent({
    connect: (options, callback) =>
      connector(options, (...[error, socket]) => {
        if (error) {
          failedToConnect.add(error);
          callback(error, null);
        } else callback(null, socket);
      }),
    allowH2: false,
    keepAliveTimeout: idleMs,
    maxHeaderSize: mostHeaderBytes,
    // The gateway's own signal ends an attempt; a stream of events may be silent for as long as it likes.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
}
