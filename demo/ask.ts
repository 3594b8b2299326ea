/** One request as the app sees it: parsed, with a bounded body, and with what Berth says about it. */
import type { IncomingMessage } from 'node:http';
import { readVisitor, type Visitor } from './visitor.ts';

export interface Ask {
  readonly method: string;
  readonly url: URL;
  readonly visitor: Visitor;
  readonly cartId: string | null;
  readonly wantsJson: boolean;
  readonly form: URLSearchParams;
}

/** Converts a request of node:http. */
export async function readAsk(request: IncomingMessage): Promise<Ask> {
  const visitor = readVisitor(request.headers);
  return {
    method: request.method ?? 'GET',
    url: URL.parse(request.url ?? '/', 'http://origin') ?? new URL('http://origin/'),
    visitor,
    cartId: /(?:^|;\s*)cart_id=((?:eu|us|ap)-[\w-]{16})(?:;|$)/.exec(request.headers.cookie ?? '')?.[1] ?? null,
    wantsJson: prefersJson(request.headers.accept ?? ''),
    form: new URLSearchParams(await readBody(request)),
  };
}

const prefersJson = (accept: string) => accept.includes('application/json') && !accept.includes('text/html');

// The forms contain a name, a password and a path, so they are never longer than this.
const maxBodyBytes = 16_384;

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= maxBodyBytes) chunks.push(chunk);
  }
  return size <= maxBodyBytes ? Buffer.concat(chunks).toString('utf8') : '';
}
