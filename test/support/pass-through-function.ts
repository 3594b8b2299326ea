/**
 * A function with everything of the Lambda door but the gateway: it hands every request to `ORIGIN_EU` and the reply back
 * as it is, so that what is lost on the way was lost by the door. `?defer=` leaves work behind for later.
 */
import { createHandler, createStreamHandler, type HandlerParts, type PreludeWriter } from '../../lambda/handlers.ts';
import { createLambdaPlatform } from '../../lambda/platform.ts';

declare const awslambda: { streamifyResponse<H>(handler: H): H; HttpResponseStream: PreludeWriter };

const platform = createLambdaPlatform();
const parts: HandlerParts = {
  platform,
  place: null,
  gateway: {
    async handle(request, arrival) {
      const { pathname } = new URL(request.url);
      platform.log({ event: 'request', at: new Date().toISOString(), path: pathname, method: request.method });
      const outcome = await platform.send({
        url: `${process.env.ORIGIN_EU}${pathname}${arrival.rawQuery}`,
        method: request.method,
        headers: request.headers,
        perRequest: [],
        body: arrival.body,
        host: null,
        edgeCache: false,
        bodyLength: null,
        onBody: null,
        signal: new AbortController().signal,
      });
      if (outcome.kind === 'failed') return new Response(outcome.reason, { status: 502 });
      outcome.response.headers.delete('transfer-encoding');
      outcome.response.headers.delete('connection');
      outcome.response.headers.delete('keep-alive');
      outcome.response.headers.append('x-process', String(process.pid));
      return outcome.response;
    },
  },
};

export const handler = createHandler(parts);
export const streamHandler = awslambda.streamifyResponse(createStreamHandler(parts, awslambda.HttpResponseStream));
