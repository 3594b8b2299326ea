/** A way to a server that can be cut and mended, so that one of two who go there finds it gone. */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export interface Relay {
  readonly url: string;
  /** Refuses connections from now on and breaks those it has. */
  cut(): Promise<void>;
  mend(): Promise<void>;
}

/** `to`: `http://127.0.0.1:<port>`. */
export async function openRelay(to: string): Promise<Relay> {
  const serverPort = Number(new URL(to).port);
  const sockets = new Set<Socket>();
  let server: Server | null = null;
  let port = 0;

  async function mend(): Promise<void> {
    if (server) return;
    server = createServer((client) => {
      const upstream = connect(serverPort, '127.0.0.1');
      const end = (): void => {
        client.destroy();
        upstream.destroy();
      };
      for (const socket of [client, upstream]) {
        sockets.add(socket);
        socket.on('error', end).on('close', () => {
          sockets.delete(socket);
          end();
        });
      }
      client.pipe(upstream).pipe(client);
    });
    await new Promise<void>((resolve, reject) => server?.once('error', reject).listen(port, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  }

  async function cut(): Promise<void> {
    const closing = server;
    server = null;
    if (!closing) return;
    const closed = new Promise((resolve) => closing.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  }

  await mend();
  return { url: `http://127.0.0.1:${port}`, cut, mend };
}
