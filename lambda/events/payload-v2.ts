/**
 * Payload format 2.0: Function URLs and HTTP APIs.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { assemble } from './assemble.ts';
import { type EventShape, encodeBody, joinedHeaders } from './event.ts';
import { type Field, singleFields } from './fields.ts';
import { encodeDecodedPath, encodeSentPath, encodeSentQuery } from './url.ts';

/** 6 MB is the whole JSON: a third for base64, and 400 kB left for headers. */
const mostReplyBytes = 4_400_000;

export const payloadV2: EventShape<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2> = {
  mostReplyBytes,

  read(event) {
    const { http, domainName } = event.requestContext;
    // A Function URL hands over the path as it was sent, an HTTP API hands it over decoded.
    const encode = isFunctionUrl(domainName) ? encodeSentPath : encodeDecodedPath;
    return assemble({
      method: http.method,
      fields: fieldsOf(event),
      path: encode(event.rawPath),
      rawQuery: encodeSentQuery(event.rawQueryString ?? ''),
      body: event.body,
      isBase64Encoded: event.isBase64Encoded,
      peerAddress: http.sourceIp || null,
      platformHost: domainName || null,
    });
  },

  write(reply, body) {
    return {
      statusCode: reply.status,
      headers: joinedHeaders(reply.headers),
      cookies: reply.headers.getSetCookie(),
      ...encodeBody(body),
    };
  },
};

/** Some regions end in `.on.aws`, others in the partition's own name; the label before the region is the same. */
const isFunctionUrl = (domainName: string | undefined): boolean => /\.lambda-url\./i.test(domainName ?? '');

/** `cookies` is the Cookie header taken apart; a Function URL sends both. */
function fieldsOf(event: APIGatewayProxyEventV2): Field[] {
  const cookies = event.cookies ?? [];
  if (cookies.length === 0) return singleFields(event.headers);
  const others = singleFields(event.headers).filter(([name]) => name.toLowerCase() !== 'cookie');
  return [...others, ['cookie', cookies.join('; ')]];
}
