import { createServer } from 'node:net';

/**
 * Below the range that systems hand out by themselves (from 32768 on Linux): between looking and listening nobody is given
 * the same port by chance.
 */
const lowest = 20_000;
const highest = 32_000;
const tries = 50;
/** Whoever asked may not be listening there yet. */
const handedOut = new Set<number>();

/** A port of loopback that was free a moment ago, and that nobody in this process has been given before. */
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

/** Whether anything listens there, on either loopback address: a browser asked for `localhost` may try both. */
export async function isTaken(port: number): Promise<boolean> {
  const outcomes = await Promise.all(addresses.map((address) => canListen(port, address)));
  return outcomes.includes('taken');
}

function canListen(port: number, address: string): Promise<'free' | 'taken'> {
  return new Promise((resolve) => {
    const server = createServer();
    // A machine without IPv6 has no such address, and so nobody else on it.
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'EADDRINUSE' ? 'taken' : 'free'));
    server.listen(port, address, () => server.close(() => resolve('free')));
  });
}
