/**
 * The origin behind every subject: a minimal server on bare sockets, so that it is never the bottleneck. It signs in every
 * client that posts to /login. It counts requests, so that a run with errors cannot look fast.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import { answerParent } from './child.ts';

export interface OriginStart {
  readonly token: string;
}
export interface OriginCount {
  readonly port: number;
  /** Requests since the previous message, and how many of them had an active session. */
  readonly requests: number;
  readonly active: number;
}

const bodyBytes = 1024;
const body = 'x'.repeat(bodyBytes);
/** Like a page of a common framework: with a validator, without caching headers. */
const fields = [
  'Content-Type: text/html; charset=utf-8',
  'ETag: W/"400-cZ0Zc2V0aGVyZWlzbm9uZQ"',
  'Vary: Accept-Encoding',
  `Content-Length: ${bodyBytes}`,
];
const reply = (more: readonly string[] = []): Buffer =>
  Buffer.from(`HTTP/1.1 200 OK\r\n${[...fields, ...more].join('\r\n')}\r\n\r\n${body}`, 'latin1');

const page = reply();
const endOfHead = '\r\n\r\n';

let token = '';
let requests = 0;
let active = 0;
let users = 0;

function welcome(): Buffer {
  const identity = { sub: `user-${++users}`, claims: { role: ['customer'] } };
  const issue = Buffer.from(JSON.stringify(identity)).toString('base64url');
  return reply([`Session-Issue: ${issue}`, `Session-Origin-Token: ${token}`]);
}

/** Requests have no body, so the head is the whole request. */
function serve(socket: Socket): void {
  let rest = '';
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    rest += chunk.toString('latin1');
    for (let end = rest.indexOf(endOfHead); end >= 0; end = rest.indexOf(endOfHead)) {
      const head = rest.slice(0, end + 2);
      rest = rest.slice(end + endOfHead.length);
      requests++;
      if (/^session-status: active\r$/im.test(head)) active++;
      socket.write(head.startsWith('POST /login ') ? welcome() : page);
    }
  });
}

const server = createServer(serve).listen(0, '127.0.0.1');
await once(server, 'listening');

answerParent(async (question: Partial<OriginStart>) => {
  token = question.token ?? token;
  const count: OriginCount = { port: (server.address() as AddressInfo).port, requests, active };
  requests = 0;
  active = 0;
  return count;
});
