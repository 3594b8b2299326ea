/**
 * The handlers, made from given parts so that tests can bring their own. The shape of the event decides how it is read
 * and answered; the gateway in between knows nothing of it.
 */
import type { Writable } from 'node:stream';
import { Failure, type FailureCode } from '../shared/errors.ts';
import type { Gateway } from '../shared/gateway.ts';
import { preventCaching } from '../shared/http/caching.ts';
import { wantsPage } from '../shared/http/navigation.ts';
import { problemReply } from '../shared/http/problem.ts';
import { failureReply } from '../shared/log/failure-reply.ts';
import type { GeoPoint, Platform } from '../shared/platform.ts';
import { readWhole } from './buffered-body.ts';
import { createDeferred } from './deferred.ts';
import { joinedHeaders } from './events/event.ts';
import { type AnyShape, shapeOf } from './events/shapes.ts';
import { pour } from './streamed-body.ts';

export interface DoorParts {
  readonly gateway: Pick<Gateway, 'handle'>;
  readonly platform: Platform;
  /** Where this function runs. */
  readonly place: GeoPoint | null;
}

/** The one thing of Lambda's context that matters here. */
export interface Deadline {
  getRemainingTimeInMillis(): number;
}

/** Answers with a result object: HTTP APIs, REST APIs, load balancers, and Function URLs in BUFFERED mode. */
export function createHandler(parts: DoorParts) {
  return async (event: unknown, deadline?: Deadline): Promise<unknown> => {
    const shape = shapeWanted(event);
    const { reply, settled, wantsPage } = await answer(event, shape, parts, deadline);
    const whole = await readWhole(reply.body, shape.mostReplyBytes, reply.headers.get('content-length'));
    await settled();
    if (whole.kind === 'whole') return shape.write(reply, whole.bytes, event);
    const code = whole.kind === 'too-large' ? 'reply_too_large' : 'origin_unreachable';
    const instead = failureInstead(reply, code, wantsPage, parts.platform);
    return shape.write(instead, new Uint8Array(await instead.arrayBuffer()), event);
  };
}

/** Answers into Lambda's response stream: Function URLs in RESPONSE_STREAM mode. */
export function createStreamHandler(parts: DoorParts, preludes: PreludeWriter) {
  return async (event: unknown, stream: Writable, deadline?: Deadline): Promise<void> => {
    const { reply, settled } = await answer(event, shapeWanted(event), parts, deadline);
    const out = preludes.from(stream, {
      statusCode: reply.status,
      headers: joinedHeaders(reply.headers),
      cookies: reply.headers.getSetCookie(),
    });
    try {
      await pour(reply.body, out);
    } finally {
      await settled();
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

/** Throws for what is no HTTP request: there is nobody to answer, and the one who invoked it should see an error. */
function shapeWanted(event: unknown): AnyShape {
  const shape = shapeOf(event);
  if (!shape) throw new Error('This event is not an HTTP request of a Function URL, API Gateway or load balancer.');
  return shape;
}

async function answer(
  event: unknown,
  shape: AnyShape,
  { gateway, platform, place }: DoorParts,
  deadline?: Deadline,
): Promise<{ reply: Response; settled: () => Promise<void>; wantsPage: boolean }> {
  const deferred = createDeferred(platform, deadline);
  const reading = shape.read(event);
  if (reading.kind === 'refused') {
    return { reply: refusal(reading.code, reading.reason, platform), settled: deferred.settled, wantsPage: false };
  }
  // Lambda tells nobody that a client has gone away.
  const peer = { address: reading.arrival.peerAddress, place };
  const remainingMs = (): number | null => deadline?.getRemainingTimeInMillis() ?? null;
  const arrival = { ...reading.arrival, peer: () => peer, signal: null, defer: deferred.defer, remainingMs };
  const reply = await gateway.handle(reading.request, arrival);
  return { reply, settled: deferred.settled, wantsPage: wantsPage(reading.request.headers) };
}

function refusal(code: FailureCode, reason: string, platform: Platform): Response {
  const requestId = crypto.randomUUID();
  const reply = problemReply({ code, requestId });
  platform.log({ event: 'refused', at: stamp(platform), request_id: requestId, status: reply.status, code, reason });
  return reply;
}

/** A script that the application let read its reply reads what came in its place. */
const alsoSaidInstead = [
  'session-explained',
  'access-control-allow-origin',
  'access-control-allow-credentials',
  'vary',
] as const;

/** What says that the reply itself cannot be delivered. The session moved on all the same, so its cookies stay. */
function failureInstead({ headers }: Response, code: FailureCode, asPage: boolean, platform: Platform): Response {
  const requestId = headers.get('x-request-id') ?? crypto.randomUUID();
  const instead = failureReply(new Failure(code, 'found out when the reply was read'), requestId, asPage);
  const cookies = headers.getSetCookie();
  for (const cookie of cookies) instead.headers.append('set-cookie', cookie);
  if (cookies.length > 0) preventCaching(instead.headers);
  instead.headers.set('x-request-id', requestId);
  for (const name of alsoSaidInstead) {
    const value = headers.get(name);
    if (value !== null) instead.headers.set(name, value);
  }
  platform.log({ event: 'undelivered', at: stamp(platform), request_id: requestId, status: instead.status, code });
  return instead;
}

const stamp = (platform: Platform): string => new Date(platform.now()).toISOString();
