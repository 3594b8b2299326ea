import { createServer } from 'node:net';

/** A port of loopback that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
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
