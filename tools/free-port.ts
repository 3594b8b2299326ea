import { createServer } from 'node:net';

/**
 * Below the range from which systems assign ports themselves (from 32768 on Linux), so that no other program gets the port
 * between this check and its use.
 */
const lowest = 20_000;
const highest = 32_000;
const tries = 50;
/** Ports that were handed out before. Their callers may not listen yet. */
const handedOut = new Set<number>();

/** A loopback port that was free a moment ago and that this process has not handed out before. */
export async function freePort(): Promise<number> {
  for (let i = 0; i < tries; i++) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest));
    if (handedOut.has(port)) continue;
    handedOut.add(port);
    if (!(await isTaken(port))) return port;
  }
  throw new Error(`no free port between ${lowest} and ${highest}`);
}

const addresses = ['127.0.0.1', '::1'];

/** Whether a program listens on the port, on either loopback address: for `localhost`, a browser may try both. */
export async function isTaken(port: number): Promise<boolean> {
  const outcomes = await Promise.all(addresses.map((address) => canListen(port, address)));
  return outcomes.includes('taken');
}

function canListen(port: number, address: string): Promise<'free' | 'taken'> {
  return new Promise((resolve) => {
    const server = createServer();
    // A machine without IPv6 does not have the second address.
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'EADDRINUSE' ? 'taken' : 'free'));
    server.listen(port, address, () => server.close(() => resolve('free')));
  });
}
