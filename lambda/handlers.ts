/**
 * The Lambda handlers. The shape of an event decides how it is read and answered; the gateway does not see it. The parts are
 * passed in, so that tests can supply their own.
 */

import type { Writable } from 'node:stream';
import { Failure, type FailureCode } from '../shared/errors.ts';
import type { Gateway } from '../shared/gateway.ts';
import { preventCaching } from '../shared/http/caching.ts';
import { wantsPage } from '../shared/http/navigation.ts';
import { problemReply } from '../shared/http/problem.ts';
import { logEvent } from '../shared/log/events.ts';
import { failureReply } from '../shared/log/failure-reply.ts';
import type { GeoPoint, Platform } from '../shared/platform.ts';
import { readWhole } from './buffered-body.ts';
import { createDeferred, type Deadline } from './deferred.ts';
import { joinedHeaders } from './events/event.ts';
import { type AnyShape, shapeOf } from './events/shapes.ts';
import { streamBody } from './streamed-body.ts';

export interface HandlerParts {
  readonly gateway: Pick<Gateway, 'handle'>;
  readonly platform: Platform;
  /** Location of the region where this function runs; `null` when it is unknown. */
  readonly place: GeoPoint | null;
}

/** Answers with a result object: HTTP APIs, REST APIs, load balancers, and Function URLs in BUFFERED mode. */
export function createHandler(parts: HandlerParts) {
  return async (event: unknown, deadline?: Deadline): Promise<unknown> => {
    const shape = requireShape(event);
    const { reply, drained, wantsPage } = await answer(event, shape, parts, deadline);
    const whole = await readWhole(reply.body, shape.maxReplyBytes, reply.headers.get('content-length'));
    await drained();
    if (whole.kind === 'whole') return shape.write(reply, whole.bytes, event);
    const code = whole.kind === 'too-large' ? 'reply_too_large' : 'origin_unreachable';
    const failure = await undelivered(reply, code, wantsPage, parts.platform);
    return shape.write(failure, new Uint8Array(await failure.arrayBuffer()), event);
  };
}

/** Answers into Lambda's response stream: Function URLs in RESPONSE_STREAM mode. */
export function createStreamHandler(parts: HandlerParts, preludes: PreludeWriter) {
  return async (event: unknown, stream: Writable, deadline?: Deadline): Promise<void> => {
    const { reply, drained } = await answer(event, requireShape(event), parts, deadline);
    const out = preludes.from(stream, {
      statusCode: reply.status,
      headers: joinedHeaders(reply.headers),
      cookies: reply.headers.getSetCookie(),
    });
    try {
      await streamBody(reply.body, out);
    } finally {
      await drained();
    }
    await new Promise<void>((resolve) => out.end(resolve));
  };
}

/** `awslambda.HttpResponseStream` of Lambda's runtime. */
export interface PreludeWriter {
  from(stream: Writable, prelude: Prelude): Writable;
}
export interface Prelude {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: readonly string[];
}

/** Throws when the event is not an HTTP request: there is no client to answer, and the invoker should see the error. */
function requireShape(event: unknown): AnyShape {
  const shape = shapeOf(event);
  if (!shape) throw new Error('This event is not an HTTP request of a Function URL, API Gateway or load balancer.');
  return shape;
}

async function answer(
  event: unknown,
  shape: AnyShape,
  { gateway, platform, place }: HandlerParts,
  deadline?: Deadline,
): Promise<{ reply: Response; drained: () => Promise<void>; wantsPage: boolean }> {
  const deferred = createDeferred(platform, deadline);
  const reading = shape.read(event);
  if (reading.kind === 'refused') {
    return { reply: refusal(reading.code, reading.reason, platform), drained: deferred.drained, wantsPage: false };
  }
  // `signal` is null: Lambda does not report that a client has disconnected.
  const peer = { address: reading.arrival.peerAddress, place };
  const remainingMs = (): number | null => deadline?.getRemainingTimeInMillis() ?? null;
  const arrival = { ...reading.arrival, peer: () => peer, signal: null, defer: deferred.defer, remainingMs };
  const reply = await gateway.handle(reading.request, arrival);
  return { reply, drained: deferred.drained, wantsPage: wantsPage(reading.request.headers) };
}

function refusal(code: FailureCode, reason: string, platform: Platform): Response {
  const requestId = crypto.randomUUID();
  const reply = problemReply({ code, requestId });
  logEvent(platform, 'refused', { request_id: requestId, status: reply.status, code, reason });
  return reply;
}

/** Headers of the reply that the error keeps. Those for CORS let a script that may read the reply read the error too. */
const keptHeaders = [
  'session-explained',
  'access-control-allow-origin',
  'access-control-allow-credentials',
  'vary',
] as const;

/** The error for a reply that cannot be delivered. It keeps the reply's cookies, because the session has changed already. */
async function undelivered(
  { headers }: Response,
  code: FailureCode,
  asPage: boolean,
  platform: Platform,
): Promise<Response> {
  const requestId = headers.get('x-request-id') ?? crypto.randomUUID();
  const failure = await failureReply(new Failure(code, 'the reply could not be delivered'), requestId, asPage);
  const cookies = headers.getSetCookie();
  for (const cookie of cookies) failure.headers.append('set-cookie', cookie);
  if (cookies.length > 0) preventCaching(failure.headers);
  failure.headers.set('x-request-id', requestId);
  for (const name of keptHeaders) {
    const value = headers.get(name);
    if (value !== null) failure.headers.set(name, value);
  }
  logEvent(platform, 'undelivered', { request_id: requestId, status: failure.status, code });
  return failure;
}
