/**
 * Events of an Application Load Balancer whose target group has `lambda.multi_value_headers.enabled`. Without it only one
 * Set-Cookie of a reply reaches the client, so such an event is refused.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
 */
import { STATUS_CODES } from 'node:http';
import type { ALBEvent, ALBResult } from 'aws-lambda';
import { assemble } from './assemble.ts';
import { type EventShape, encodeBody, joinedHeaders, listedHeaders, refuse } from './event.ts';
import { listedFields } from './fields.ts';
import { encodeSentPath, joinSentQuery } from './url.ts';

/** The limit is 1 MB of JSON: base64 takes a third on top of the body, and 110 kB remain for headers. */
const maxReplyBytes = 700_000;

export const alb: EventShape<ALBEvent, ALBResult> = {
  maxReplyBytes,

  read(event) {
    if (!event.multiValueHeaders) {
      return refuse('misconfigured', 'the load balancer sends single-value headers: enable lambda.multi_value_headers');
    }
    return assemble({
      method: event.httpMethod,
      fields: listedFields(event.multiValueHeaders),
      path: encodeSentPath(event.path),
      rawQuery: joinSentQuery(event.multiValueQueryStringParameters),
      body: event.body,
      isBase64Encoded: event.isBase64Encoded,
      peerAddress: null,
      platformHost: null,
    });
  },

  write(reply, body, event) {
    const { headers, status } = reply;
    return {
      statusCode: status,
      statusDescription: `${status} ${STATUS_CODES[status] ?? ''}`.trim(),
      ...(event.multiValueHeaders
        ? { multiValueHeaders: listedHeaders(headers) }
        : { headers: joinedHeaders(headers) }),
      ...encodeBody(body),
    };
  },
};
