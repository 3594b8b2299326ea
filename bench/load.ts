/**
 * The load generator. Each client has its own connection and sends the next request when the response has arrived. The bytes
 * of requests are prepared, and responses are only measured, so that most CPU time is left for the tested Worker.
 */
import { connect } from 'node:net';
import { answerParent } from './child.ts';
import { ray } from './ray.ts';

export interface Load {
  readonly port: number;
  /** One request per client, without a body. Each time it is sent, every ray in it is replaced. */
  readonly requests: readonly string[];
  readonly forMs: number;
}
export interface LoadResult {
  readonly replies: number;
  /** Responses with a status other than 200, and the beginning of the first one. */
  readonly bad: number;
  readonly firstBad: string | null;
  readonly elapsedMs: number;
}

let lastRay = 0;

const endOfHead = Buffer.from('\r\n\r\n');
const statusAt = 'HTTP/1.1 '.length;
const ok = '200';

async function run({ port, requests, forMs }: Load): Promise<LoadResult> {
  let replies = 0;
  let bad = 0;
  let firstBad: string | null = null;
  const start = performance.now();
  const end = start + forMs;

  const client = (request: Buffer): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true });
      /** Of the current response: the head received so far, and the number of bytes of the body still missing. */
      let head: Buffer | null = null;
      let missing = 0;

      const raysAt = offsetsOf(ray, request);
      const ask = (): void => {
        const next = (++lastRay).toString(16).padStart(ray.length, '0');
        for (const at of raysAt) request.write(next, at, 'latin1');
        socket.write(request);
      };

      const finished = (): void => {
        replies++;
        if (performance.now() < end) ask();
        else socket.end(resolve);
      };
      socket.on('connect', ask);
      socket.on('error', reject);
      socket.on('close', () => reject(new Error('the connection was closed during a run')));
      socket.on('data', (chunk) => {
        if (missing > 0) {
          missing -= chunk.length;
          if (missing === 0) finished();
          return;
        }
        head = head ? Buffer.concat([head, chunk]) : chunk;
        const headEnd = head.indexOf(endOfHead);
        if (headEnd < 0) return;
        const text = head.toString('latin1', 0, headEnd);
        if (text.slice(statusAt, statusAt + ok.length) !== ok) {
          bad++;
          firstBad ??= head.toString('latin1');
        }
        missing = contentLength(text) - (head.length - headEnd - endOfHead.length);
        head = null;
        if (missing === 0) finished();
      });
    });

  await Promise.all(requests.map((request) => client(Buffer.from(request, 'latin1'))));
  return { replies, bad, firstBad, elapsedMs: performance.now() - start };
}

function offsetsOf(text: string, request: Buffer): readonly number[] {
  const places: number[] = [];
  for (let at = request.indexOf(text); at >= 0; at = request.indexOf(text, at + 1)) places.push(at);
  return places;
}

function contentLength(head: string): number {
  const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
  if (length === undefined) throw new Error(`a response without Content-Length:\n${head}`);
  return Number(length);
}

answerParent(run);
