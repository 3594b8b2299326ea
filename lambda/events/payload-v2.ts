/**
 * Payload format 2.0: Function URLs and HTTP APIs.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { assemble } from './assemble.ts';
import { type EventShape, encodeBody, joinedHeaders } from './event.ts';
import { type Field, singleFields } from './fields.ts';
import { encodeDecodedPath, encodeSentPath, encodeSentQuery } from './url.ts';

/** The limit is 6 MB of JSON: base64 takes a third on top of the body, and 400 kB remain for headers. */
const maxReplyBytes = 4_400_000;

export const payloadV2: EventShape<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2> = {
  maxReplyBytes,

  read(event) {
    const { http, domainName } = event.requestContext;
    // A Function URL passes the path as it was sent, an HTTP API decodes it.
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

/** The domain's end differs by partition; the label before the region does not. */
const isFunctionUrl = (domainName: string | undefined): boolean => /\.lambda-url\./i.test(domainName ?? '');

/** `cookies` is the Cookie header, split. A Function URL sends both. */
function fieldsOf(event: APIGatewayProxyEventV2): Field[] {
  const cookies = event.cookies ?? [];
  if (cookies.length === 0) return singleFields(event.headers);
  const others = singleFields(event.headers).filter(([name]) => name.toLowerCase() !== 'cookie');
  return [...others, ['cookie', cookies.join('; ')]];
}
