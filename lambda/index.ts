/**
 * The entry of the function. The gateway is built once, while Lambda starts the process.
 *
 * - `handler`: HTTP APIs, REST APIs, load balancers, buffered Function URLs.
 * - `streamHandler`: Function URLs in RESPONSE_STREAM mode.
 * - `scheduled`: once a minute, by the schedule in serverless.yml.
 */
import definition from '../gateway.config.ts';
import { buildHandlerParts } from './build.ts';
import { readEnvironment } from './environment.ts';
import { createHandler, createStreamHandler, type PreludeWriter } from './handlers.ts';

/** A global of Lambda's Node runtime. */
declare const awslambda: {
  streamifyResponse<Handler>(handler: Handler): Handler;
  HttpResponseStream: PreludeWriter;
};

const parts = await buildHandlerParts(definition, readEnvironment(process.env));

export const handler = createHandler(parts);
export const streamHandler = awslambda.streamifyResponse(createStreamHandler(parts, awslambda.HttpResponseStream));
export const scheduled = (): Promise<void> => parts.gateway.everyMinute();
