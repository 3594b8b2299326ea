/**
 * Converts as a Function URL does: from an HTTP request to an event of payload format 2.0, and from a result to a response.
 * https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { Service } from './front.ts';
import type { Prelude } from './streamed-reply.ts';

/** The service's limit for the body of an event. */
const maxBodyBytes = 6 * 1024 * 1024;

export const functionUrl: Service = {
  eventOf: functionUrlEvent,
  replyOf(result) {
    const { statusCode, headers, cookies, body, isBase64Encoded } = result as APIGatewayProxyStructuredResultV2;
    const prelude = { statusCode, headers, cookies } as Prelude;
    return { ...prelude, body: Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8') };
  },
};

/** `null` if the body is larger than Lambda accepts. */
async function functionUrlEvent(request: IncomingMessage, region: string): Promise<APIGatewayProxyEventV2 | null> {
  const body = await bodyOf(request, maxBodyBytes);
  if (body === null) return null;

  const [rawPath = '', rawQueryString = ''] = splitOnce(request.url ?? '/', '?');
  const headers = headersOf(request);
  const sourceIp = (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  // A loopback name (RFC 6761, section 6.3). With a name of AWS, the function would conclude that it is deployed.
  const domainName = `berth-local.lambda-url.${region}.localhost`;
  headers['x-forwarded-for'] = [headers['x-forwarded-for'], sourceIp].filter(Boolean).join(', ');
  headers['x-forwarded-proto'] = 'http';
  headers['x-forwarded-port'] = String(request.socket.localPort ?? '');

  const cookies = headers.cookie?.split('; ');
  const now = new Date();
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString,
    ...(cookies && { cookies }),
    headers,
    requestContext: {
      accountId: 'anonymous',
      apiId: 'berth-local',
      domainName,
      domainPrefix: 'berth-local',
      http: {
        method: request.method ?? 'GET',
        path: rawPath,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp,
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: randomUUID(),
      routeKey: '$default',
      stage: '$default',
      time: now.toISOString(),
      timeEpoch: now.getTime(),
    },
    ...encoded(body, headers),
  };
}

/** Names in lower case. Repeated fields are joined with commas, Cookie with semicolons. */
function headersOf(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    const name = (request.rawHeaders[i] as string).toLowerCase();
    const value = request.rawHeaders[i + 1] as string;
    const before = headers[name];
    headers[name] = before === undefined ? value : `${before}${name === 'cookie' ? '; ' : ','}${value}`;
  }
  return headers;
}

/** Text is passed as it is, everything else in base64. */
function encoded(body: Buffer, headers: Readonly<Record<string, string>>): { body?: string; isBase64Encoded: boolean } {
  if (body.length === 0) return { isBase64Encoded: false };
  const text = textIn(body, headers);
  return text === null
    ? { body: body.toString('base64'), isBase64Encoded: true }
    : { body: text, isBase64Encoded: false };
}

/** The body as text, if its type says that it is text and its bytes are valid; otherwise `null`. */
export function textIn(body: Buffer, headers: Readonly<Record<string, string | string[] | undefined>>): string | null {
  const type = String(headers['content-type'] ?? '').toLowerCase();
  const isText = /^text\/|^application\/(json|javascript|xml|[a-z.-]+\+(json|xml))\b/.test(type);
  if (!isText || headers['content-encoding'] !== undefined) return null;
  const text = body.toString('utf8');
  return Buffer.from(text, 'utf8').equals(body) ? text : null;
}

/** `null` if the body is longer than `maxBytes`. */
export async function bodyOf(request: IncomingMessage, maxBytes: number): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += (chunk as Buffer).length;
    if (length > maxBytes) return null;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks, length);
}

export function splitOnce(text: string, separator: string): string[] {
  const at = text.indexOf(separator);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
