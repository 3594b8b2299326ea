/**
 * The part of Lambda's Runtime API that the Node runtime client uses, for one execution environment. The client asks for
 * the next invocation, answers it, and asks again.
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readStreamedReply, type StreamedReply } from './streamed-reply.ts';

export type InvocationReply =
  | { readonly kind: 'buffered'; readonly result: unknown }
  | ({ readonly kind: 'streamed' } & StreamedReply)
  | { readonly kind: 'failed'; readonly reason: string };

export interface InvocationResult {
  readonly reply: InvocationReply;
  /** Resolves when the environment asks for its next invocation or has ended. Only then is this one over. */
  readonly done: Promise<void>;
}

export interface RuntimeApi {
  /** The value of AWS_LAMBDA_RUNTIME_API. */
  readonly address: string;
  /** Resolves when the function is loaded. Rejects if it cannot be loaded. */
  readonly ready: Promise<void>;
  /** One at a time. */
  invoke(event: unknown, timeoutMs: number): Promise<InvocationResult>;
  /** Call this when the process has ended: pending calls fail. */
  abandon(reason: string): void;
  close(): void;
}

interface Invocation {
  readonly id: string;
  readonly event: unknown;
  readonly deadline: number;
  readonly answer: (reply: InvocationReply) => void;
  readonly end: () => void;
}

export async function startRuntimeApi(functionArn: string): Promise<RuntimeApi> {
  let waiting: ServerResponse | null = null;
  let current: Invocation | null = null;
  let loaded: () => void = () => undefined;
  let notLoaded: (reason: Error) => void = () => undefined;
  const ready = new Promise<void>((resolve, reject) => {
    loaded = resolve;
    notLoaded = reject;
  });
  // The caller awaits it. If the environment is stopped before, the rejection must not end the runner.
  ready.catch(() => undefined);

  const hand = (next: ServerResponse, { id, event, deadline }: Invocation): void => {
    next.writeHead(200, {
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': id,
      'lambda-runtime-deadline-ms': String(deadline),
      'lambda-runtime-invoked-function-arn': functionArn,
      'lambda-runtime-trace-id': `Root=1-${Math.floor(Date.now() / 1000).toString(16)}-${randomUUID().replaceAll('-', '').slice(0, 24)}`,
    });
    next.end(JSON.stringify(event));
  };

  const onNext = (reply: ServerResponse): void => {
    waiting = reply;
    const finished = current;
    current = null;
    if (finished) {
      finished.answer({ kind: 'failed', reason: 'the function did not answer' });
      finished.end();
    } else loaded();
  };

  const onResponse = async (post: IncomingMessage, reply: ServerResponse): Promise<void> => {
    if (post.headers['lambda-runtime-function-response-mode'] === 'streaming') {
      const streamed = await readStreamedReply(post);
      current?.answer(
        streamed ? { kind: 'streamed', ...streamed } : { kind: 'failed', reason: 'the stream contains no response' },
      );
      if (!post.readableEnded) await new Promise((resolve) => post.once('close', resolve));
    } else current?.answer({ kind: 'buffered', result: JSON.parse(await textOf(post)) });
    reply.writeHead(202).end();
  };

  const onError = async (post: IncomingMessage, reply: ServerResponse): Promise<void> => {
    const reason = errorMessage(await textOf(post));
    if (current) current.answer({ kind: 'failed', reason });
    else notLoaded(new Error(reason));
    reply.writeHead(202).end();
  };

  const server = createServer((request, reply) => {
    const path = request.url ?? '';
    const handled = path.endsWith('/invocation/next')
      ? onNext(reply)
      : path.endsWith('/response')
        ? onResponse(request, reply)
        : onError(request, reply);
    // The environment ended while it was sending. `abandon` reports that.
    Promise.resolve(handled).catch(() => reply.destroy());
  });
  // An idle environment may wait for its next invocation without limit.
  server.requestTimeout = 0;
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  const abandon = (reason: string): void => {
    notLoaded(new Error(reason));
    current?.answer({ kind: 'failed', reason });
    current?.end();
    current = null;
    server.closeAllConnections();
  };

  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    ready,
    async invoke(event, timeoutMs) {
      let end: () => void = () => undefined;
      const done = new Promise<void>((resolve) => {
        end = resolve;
      });
      const reply = await new Promise<InvocationReply>((answer) => {
        current = { id: randomUUID(), event, deadline: Date.now() + timeoutMs, answer, end };
        if (waiting) hand(waiting, current);
        else abandon('the environment is not waiting for work');
        waiting = null;
      });
      return { reply, done };
    },
    abandon,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function textOf(post: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of post) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function errorMessage(text: string): string {
  try {
    const { errorMessage: message, errorType } = JSON.parse(text) as { errorMessage?: string; errorType?: string };
    return `${errorType ?? 'Error'}: ${message ?? 'no message'}`;
  } catch {
    return 'the function failed';
  }
}
