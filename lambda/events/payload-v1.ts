/**
 * Payload format 1.0: REST APIs, and HTTP APIs that were told to use it. A REST API needs `binaryMediaTypes: ['*\/*']`,
 * because every body comes and goes in base64.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
 */
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { assemble } from './assemble.ts';
import { type EventShape, encodeBody, listedHeaders } from './event.ts';
import { listedFields, singleFields } from './fields.ts';
import { encodeDecodedPath, encodeDecodedQuery, encodeSentPath } from './url.ts';

/** Only an HTTP API names the version of its payload. */
type Event = APIGatewayProxyEvent & { readonly version?: string };

/** 6 MB is the whole JSON: a third for base64, and 400 kB left for headers. */
const mostReplyBytes = 4_400_000;

export const payloadV1: EventShape<Event, APIGatewayProxyResult> = {
  mostReplyBytes,

  read(event) {
    // A REST API hands over the path as it was sent, an HTTP API decoded; both decode the query into maps.
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
