/** Says to a door, byte for byte, what no HTTP client would let through. */
import { connect } from 'node:net';

export interface RawReply {
  /** 0 when the door said nothing that is HTTP. */
  readonly status: number;
  /** Everything that came back, one character per byte. */
  readonly text: string;
}

/** A door that neither answers nor closes is given up after this. */
const mostMs = 5_000;

/** `Connection: close` in what is said lets the door close when it has answered. */
export function say(url: string, bytes: string | Buffer): Promise<RawReply> {
  const { hostname, port } = new URL(url);
  return new Promise((done) => {
    const chunks: Buffer[] = [];
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    const finish = (): void => {
      clearTimeout(timer);
      socket.destroy();
      const text = Buffer.concat(chunks).toString('latin1');
      done({ status: Number(/^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1] ?? 0), text });
    };
    const timer = setTimeout(finish, mostMs);
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', finish);
    socket.on('close', finish);
  });
}

/** A request with exactly these lines after Host; a body only with framing of its own among them. */
export const requestOf = (url: string, line: string, fields: readonly string[] = [], body = ''): Buffer =>
  Buffer.from(
    [`${line} HTTP/1.1`, `Host: ${new URL(url).host}`, 'Connection: close', ...fields, '', body].join('\r\n'),
    'latin1',
  );
