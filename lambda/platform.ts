/**
 * The Platform port on Lambda. Origins are asked with Node's own HTTP client: `fetch` decodes bodies and refuses a GET
 * with a body, and the undici package doubles the time of a cold start.
 */
import type { IncomingMessage } from 'node:http';
import { bodiless } from '../shared/http/statuses.ts';
import type { OriginOutcome, OriginRequest, Platform } from '../shared/platform.ts';
import { replyBody } from './origin/body.ts';
import { createOriginConnections, type OriginConnections } from './origin/connections.ts';
import { exchange, fieldsOf, type Target } from './origin/exchange.ts';

export interface LambdaPlatformParts {
  readonly now?: () => number;
  /** Writes one log line, newline included. */
  readonly write?: (line: string) => void;
}

export function createLambdaPlatform(parts: LambdaPlatformParts = {}): Platform {
  const { now = Date.now, write = (line) => process.stdout.write(line) } = parts;
  const connections = createOriginConnections();
  return {
    door: 'lambda',
    endsWhatIsLeft: false,
    now,
    send: (request) => send(request, connections),
    // No upgrade gets through: an invocation ends with its reply.
    relay: null,
    log(line) {
      try {
        // Not by `console.log`: the runtime would put time and request id in front, and the line would not be JSON.
        write(`${JSON.stringify(line)}\n`);
      } catch {
        // A failing log must not fail the request.
      }
    },
  };
}

async function send(request: OriginRequest, connections: OriginConnections): Promise<OriginOutcome> {
  const target = targetOf(request);
  const agent = await connections.agentFor(target.url.protocol === 'https:' ? 'https' : 'http');
  const outcome = await exchange(request, target, agent);
  if (outcome.kind === 'reply') return replyOf(outcome.message, request.method);
  const reason = request.signal?.aborted ? 'aborted' : codeOf(outcome.error);
  return { kind: 'failed', sent: outcome.connected ? 'unknown' : 'nothing', reason };
}

/** The path is cut out of the text, because a URL parser would rewrite the query. */
function targetOf(request: OriginRequest): Target {
  const text = request.url;
  const url = new URL(text);
  const rest = text.slice(text.indexOf('://') + '://'.length);
  const start = rest.search(/[/?#]/);
  const path = start === -1 ? '' : (rest.slice(start).split('#')[0] as string);
  return { url, path: path.startsWith('/') ? path : `/${path}`, fields: fieldsOf(request, url.host) };
}

function replyOf(message: IncomingMessage, method: string): OriginOutcome {
  const status = message.statusCode as number;
  try {
    const empty = bodiless.has(status) || method === 'HEAD';
    const response = new Response(empty ? null : replyBody(message), { status, headers: headersOf(message) });
    if (empty) message.on('error', () => undefined).resume();
    return { kind: 'reply', status, response };
  } catch {
    // Neither a `Response` nor a Lambda result can carry this status or one of these headers.
    message.on('error', () => undefined).destroy();
    return { kind: 'failed', sent: 'unknown', reason: 'not_representable' };
  }
}

/** From the raw fields: their order is kept, every Set-Cookie stays separate, bytes above ASCII stay as they are. */
function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers();
  for (let i = 0; i < rawHeaders.length; i += 2) headers.append(rawHeaders[i] as string, rawHeaders[i + 1] as string);
  return headers;
}

/** A code such as `ECONNREFUSED`, never a message: messages contain addresses and what was being sent. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === 'string' ? code : error.name;
}
