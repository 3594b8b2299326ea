/**
 * A Function URL's half of the conversation: an HTTP request as the payload 2.0 event that AWS makes of it.
 * https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';

/** What the service accepts as an event's body. */
const mostBodyBytes = 6 * 1024 * 1024;

/** `null` when the body is larger than Lambda takes. */
export async function functionUrlEvent(
  request: IncomingMessage,
  region: string,
): Promise<APIGatewayProxyEventV2 | null> {
  const body = await bodyOf(request);
  if (body === null) return null;

  const [rawPath = '', rawQueryString = ''] = splitOnce(request.url ?? '/', '?');
  const headers = headersOf(request);
  const sourceIp = (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  const domainName = `berth-local.lambda-url.${region}.on.aws`;
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

/** Lower-case names, equal ones joined by commas, Cookie by semicolons. */
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

/** Text goes as it is, everything else in base64. */
function encoded(body: Buffer, headers: Readonly<Record<string, string>>): { body?: string; isBase64Encoded: boolean } {
  if (body.length === 0) return { isBase64Encoded: false };
  const type = (headers['content-type'] ?? '').toLowerCase();
  const isText = /^text\/|^application\/(json|javascript|xml|[a-z.-]+\+(json|xml))\b/.test(type);
  const text = body.toString('utf8');
  if (isText && headers['content-encoding'] === undefined && Buffer.from(text, 'utf8').equals(body)) {
    return { body: text, isBase64Encoded: false };
  }
  return { body: body.toString('base64'), isBase64Encoded: true };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += (chunk as Buffer).length;
    if (length > mostBodyBytes) return null;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks, length);
}

function splitOnce(text: string, separator: string): string[] {
  const at = text.indexOf(separator);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
