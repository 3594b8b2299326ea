/**
 * Both ends of a WebSocket for tests: an origin's, framed by hand, so that it can do what no library would, and a
 * client's. (RFC 6455.)
 */
import { createHash } from 'node:crypto';
import { type IncomingMessage, request } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocket } from 'undici';

export interface Closed {
  /** 1005: without a code; 1006: without a word. */
  readonly code: number;
  readonly reason: string;
}

export interface SocketEnd {
  /** Everything that was said to it so far. */
  readonly heard: (string | Buffer)[];
  readonly closed: Promise<Closed>;
  send(message: string | Buffer): void;
  close(code?: number, reason?: string): void;
  /** Breaks the connection under it. */
  vanish(): void;
  /** The first thing said to it from now on, or after `from` things. */
  next(from?: number): Promise<string | Buffer>;
}

/** Section 1.3. */
export const acceptOf = (key: string): string =>
  createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');

const opcodes = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** One unmasked frame, as servers send them (section 5.2). */
export function frameOf(opcode: number, payload: Buffer): Buffer {
  const { length } = payload;
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  head[0] = 0x80 | opcode;
  if (length < 126) head[1] = length;
  else if (length < 65_536) {
    head[1] = 126;
    head.writeUInt16BE(length, 2);
  } else {
    head[1] = 127;
    head.writeBigUInt64BE(BigInt(length), 2);
  }
  return Buffer.concat([head, payload]);
}

interface Frame {
  readonly isFinal: boolean;
  readonly opcode: number;
  readonly payload: Buffer;
  readonly bytes: number;
}

function readFrame(bytes: Buffer): Frame | null {
  if (bytes.length < 2) return null;
  const [first, second] = [bytes[0] as number, bytes[1] as number];
  let at = 2;
  let length = second & 127;
  if (length === 126) {
    if (bytes.length < 4) return null;
    length = bytes.readUInt16BE(2);
    at = 4;
  } else if (length === 127) {
    if (bytes.length < 10) return null;
    length = Number(bytes.readBigUInt64BE(2));
    at = 10;
  }
  const isMasked = (second & 128) !== 0;
  const mask = isMasked ? bytes.subarray(at, at + 4) : null;
  if (isMasked) at += 4;
  if (bytes.length < at + length) return null;
  const payload = Buffer.from(bytes.subarray(at, at + length));
  if (mask) for (let i = 0; i < length; i++) payload[i] = (payload[i] as number) ^ (mask[i & 3] as number);
  return { isFinal: (first & 128) !== 0, opcode: first & 15, payload, bytes: at + length };
}

function createHeard(): Pick<SocketEnd, 'heard' | 'next'> & { hear(message: string | Buffer): void } {
  const heard: (string | Buffer)[] = [];
  let waiting: (() => void)[] = [];
  return {
    heard,
    hear(message) {
      heard.push(message);
      const woken = waiting;
      waiting = [];
      for (const wake of woken) wake();
    },
    async next(from = heard.length) {
      while (heard.length <= from) await new Promise<void>((wake) => waiting.push(wake));
      return heard[from] as string | Buffer;
    },
  };
}

/** An origin's end of an upgrade it says yes to. Answers a close in kind, unless it is `stubborn`. */
export function acceptSocket(
  request: IncomingMessage,
  socket: Duplex,
  { fields = [], stubborn = false }: { readonly fields?: readonly string[]; readonly stubborn?: boolean } = {},
): SocketEnd {
  const lines = [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${acceptOf(String(request.headers['sec-websocket-key']))}`,
    ...fields,
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  const { heard, hear, next } = createHeard();
  const write = (opcode: number, payload: Buffer): void =>
    void (socket.writable && socket.write(frameOf(opcode, payload)));
  let left = Buffer.alloc(0);
  let parts: Buffer[] = [];
  let kind = 0;
  let hasClosed = false;
  let done: (closed: Closed) => void;
  const closed = new Promise<Closed>((resolve) => {
    done = resolve;
  });

  function takeClose(payload: Buffer): void {
    done(closedIn(payload));
    if (stubborn) return;
    if (!hasClosed) write(opcodes.close, payload);
    socket.end();
  }

  function take({ isFinal, opcode, payload }: Frame): void {
    if (opcode === opcodes.close) takeClose(payload);
    if (opcode === opcodes.ping) write(opcodes.pong, payload);
    if (opcode >= opcodes.close) return;
    if (opcode !== 0) kind = opcode;
    parts.push(payload);
    if (!isFinal) return;
    const whole = Buffer.concat(parts);
    parts = [];
    hear(kind === opcodes.text ? whole.toString() : whole);
  }

  socket.on('data', (chunk: Buffer) => {
    left = Buffer.concat([left, chunk]);
    for (let frame = readFrame(left); frame; frame = readFrame(left)) {
      left = left.subarray(frame.bytes);
      take(frame);
    }
  });
  socket.on('error', () => {});
  // A server's connections stay half open by themselves.
  socket.on('end', () => socket.end());
  socket.on('close', () => done({ code: 1006, reason: '' }));

  return {
    heard,
    next,
    closed,
    send: (message) =>
      typeof message === 'string' ? write(opcodes.text, Buffer.from(message)) : write(opcodes.binary, message),
    close(code, reason = '') {
      hasClosed = true;
      const payload = Buffer.alloc(code === undefined ? 0 : 2);
      if (code !== undefined) payload.writeUInt16BE(code, 0);
      write(opcodes.close, Buffer.concat([payload, Buffer.from(reason)]));
    },
    vanish: () => socket.destroy(),
  };
}

export interface ClientSocket extends Omit<SocketEnd, 'vanish'> {
  readonly protocol: string;
  readonly extensions: string;
}

/** A client's end, as browsers have it. Throws when the upgrade is refused. */
export async function connectSocket(
  url: string,
  {
    headers = {},
    protocols = [],
  }: { readonly headers?: Readonly<Record<string, string>>; readonly protocols?: string[] } = {},
): Promise<ClientSocket> {
  const socket = new WebSocket(url.replace(/^http/, 'ws'), { headers: { ...headers }, protocols });
  socket.binaryType = 'arraybuffer';
  const { heard, hear, next } = createHeard();
  const closed = new Promise<Closed>((done) => {
    socket.addEventListener('close', ({ code, reason }) => done({ code, reason }));
  });
  socket.addEventListener('message', ({ data }) => hear(typeof data === 'string' ? data : Buffer.from(data)));
  await new Promise<void>((opened, refused) => {
    socket.addEventListener('open', () => opened());
    socket.addEventListener('error', () => refused(new Error('the upgrade was refused')));
  });
  const { protocol, extensions } = socket;
  return {
    heard,
    next,
    closed,
    protocol,
    extensions,
    send: (message) => socket.send(message),
    close: (code, reason) => socket.close(code, reason),
  };
}

export type Answered =
  | { readonly kind: 'upgraded'; readonly reply: IncomingMessage; readonly socket: Duplex }
  | { readonly kind: 'refused'; readonly reply: IncomingMessage; readonly body: string };

export const someKey = Buffer.from('a key of 16 byte').toString('base64');

/** Asks for an upgrade, and hands over the bare connection or the refusal. */
export function knock(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Answered> {
  return new Promise((done, failed) => {
    const asking = request(url, {
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': someKey,
        ...headers,
      },
    });
    asking.once('upgrade', (reply, socket, head) => {
      // What came in one packet with the reply.
      socket.unshift(head);
      done({ kind: 'upgraded', reply, socket });
    });
    asking.once('response', (reply) => {
      const chunks: Buffer[] = [];
      reply.on('data', (chunk: Buffer) => chunks.push(chunk));
      reply.once('end', () => done({ kind: 'refused', reply, body: Buffer.concat(chunks).toString() }));
    });
    asking.once('error', failed);
    asking.end();
  });
}

/**
 * Closes a bare connection as a client does, and reads the close that comes back off the wire. Node's own client tells of
 * 1006 when that and the end of the line arrive together.
 */
export function closeAndHear(socket: Duplex, code: number, reason: string): Promise<Closed> {
  const payload = Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)]);
  return new Promise((done) => {
    let left = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      left = Buffer.concat([left, chunk]);
      for (let frame = readFrame(left); frame; frame = readFrame(left)) {
        left = left.subarray(frame.bytes);
        if (frame.opcode === opcodes.close) done(closedIn(frame.payload));
      }
    });
    socket.once('end', () => {
      done({ code: 1006, reason: '' });
      socket.destroy();
    });
    // Masked by zeros, so that the payload stands as it is; it is short (section 5.5).
    socket.write(Buffer.concat([Buffer.from([0x80 | opcodes.close, 0x80 | payload.length, 0, 0, 0, 0]), payload]));
  });
}

const closedIn = (payload: Buffer): Closed => ({
  code: payload.length >= 2 ? payload.readUInt16BE(0) : 1005,
  reason: payload.subarray(2).toString(),
});
