/** A way to a server that can be cut, and that notes what goes along it. Understands only Redis's framing of commands. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface CutOff {
  readonly port: number;
  /** Names of the commands that went to the server since the last look, those of the greeting left out. */
  commands(): string[];
  /** The next reply does not arrive: the connection breaks in its place. */
  loseNextReply(): void;
  /** From now on nothing comes back, on connections that are there and on new ones. */
  fallSilent(): void;
  close(): Promise<void>;
}

const greeting = new Set(['AUTH', 'HELLO', 'CLIENT', 'SELECT']);
const commandName = /\*\d+\r\n\$\d+\r\n([A-Za-z]+)\r\n/g;

export async function openCutOff(serverPort: number): Promise<CutOff> {
  const sockets = new Set<Socket>();
  let seen: string[] = [];
  let mode: 'open' | 'loses' | 'silent' = 'open';

  const server = createServer((client) => {
    const upstream = connect(serverPort, '127.0.0.1');
    const end = () => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', end).on('close', end);
    }
    client.on('data', (bytes) => {
      for (const [, name = ''] of bytes.toString('latin1').matchAll(commandName)) {
        if (!greeting.has(name)) seen.push(name);
      }
      upstream.write(bytes);
    });
    upstream.on('data', (bytes) => {
      if (mode === 'silent') return;
      if (mode === 'open') return client.write(bytes);
      mode = 'open';
      end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  return {
    port: (server.address() as AddressInfo).port,
    commands() {
      const since = seen;
      seen = [];
      return since;
    },
    loseNextReply() {
      mode = 'loses';
    },
    fallSilent() {
      mode = 'silent';
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
