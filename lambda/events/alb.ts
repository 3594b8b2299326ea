/**
 * Events of an Application Load Balancer whose target group has `lambda.multi_value_headers.enabled`. Without it only one
 * Set-Cookie of a reply survives, so such an event is refused rather than answered with a cookie lost.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
 */
import { STATUS_CODES } from 'node:http';
import type { ALBEvent, ALBResult } from 'aws-lambda';
import { assemble } from './assemble.ts';
import { type EventShape, encodeBody, joinedHeaders, listedHeaders, refused } from './event.ts';
import { listedFields } from './fields.ts';
import { encodeSentPath, joinSentQuery } from './url.ts';

/** 1 MB is the whole JSON: a third for base64, and 110 kB left for headers. */
const mostReplyBytes = 700_000;

export const alb: EventShape<ALBEvent, ALBResult> = {
  mostReplyBytes,

  read(event) {
    if (!event.multiValueHeaders) {
      return refused(
        'misconfigured',
        'the load balancer sends single-value headers: enable lambda.multi_value_headers',
      );
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
