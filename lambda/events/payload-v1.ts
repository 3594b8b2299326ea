/**
 * Payload format 1.0: REST APIs, and HTTP APIs that are configured for it. A REST API needs `binaryMediaTypes: ['*\/*']`,
 * because bodies are exchanged in base64.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
 */
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { assemble } from './assemble.ts';
import { type EventShape, encodeBody, listedHeaders } from './event.ts';
import { listedFields, singleFields } from './fields.ts';
import { encodeDecodedPath, encodeDecodedQuery, encodeSentPath } from './url.ts';

/** Only HTTP APIs send a version. */
type Event = APIGatewayProxyEvent & { readonly version?: string };

/** The limit is 6 MB of JSON: base64 takes a third on top of the body, and 400 kB remain for headers. */
const maxReplyBytes = 4_400_000;

export const payloadV1: EventShape<Event, APIGatewayProxyResult> = {
  maxReplyBytes,

  read(event) {
    // A REST API passes the path as it was sent, an HTTP API decodes it. Both decode the query into maps.
    const encode = event.version === '1.0' ? encodeDecodedPath : encodeSentPath;
    return assemble({
      method: event.httpMethod,
      fields: event.multiValueHeaders ? listedFields(event.multiValueHeaders) : singleFields(event.headers),
      path: encode(event.path),
      rawQuery: encodeDecodedQuery(event.multiValueQueryStringParameters ?? listOf(event.queryStringParameters)),
      body: event.body,
      isBase64Encoded: event.isBase64Encoded,
      peerAddress: event.requestContext.identity?.sourceIp || null,
      platformHost: event.requestContext.domainName || null,
    });
  },

  write(reply, body) {
    return { statusCode: reply.status, multiValueHeaders: listedHeaders(reply.headers), ...encodeBody(body) };
  },
};

const listOf = (map: Readonly<Record<string, string | undefined>> | null): Record<string, string[]> =>
  Object.fromEntries(
    Object.entries(map ?? {}).flatMap(([name, value]) => (value === undefined ? [] : [[name, [value]]])),
  );
