/** One request told in the words of every event shape, and the answer read back from its result. */
import type { ALBEvent, APIGatewayProxyEvent, APIGatewayProxyEventV2 } from 'aws-lambda';
import { splitOnce } from '../../tools/lambda-runtime/function-url.ts';

export interface Told {
  readonly method?: string;
  /** As the client sent it, escapes included. */
  readonly path?: string;
  /** Without the `?`. */
  readonly query?: string;
  readonly fields?: readonly (readonly [string, string])[];
  readonly body?: Buffer | string | null;
}

export interface Result {
  readonly status: number;
  readonly fields: Readonly<Record<string, string>>;
  readonly cookies: readonly string[];
  readonly body: Buffer;
}

export interface Teller {
  readonly name: string;
  readonly mostReplyBytes: number;
  /** The largest event or result that it carries, as JSON. */
  readonly mostJsonBytes: number;
  event(told: Told): unknown;
  result(value: unknown): Result;
}

const sourceIp = '198.51.100.7';
const ownHost = 'abc123.execute-api.eu-central-1.amazonaws.com';

const withHost = (fields: Told['fields'] = []) =>
  fields.some(([name]) => name.toLowerCase() === 'host') ? fields : ([['host', 'shop.example'], ...fields] as const);

function listed(fields: Told['fields']): Record<string, string[]> {
  const map: Record<string, string[]> = {};
  for (const [name, value] of withHost(fields)) map[name] = [...(map[name] ?? []), value];
  return map;
}

function joined(fields: Told['fields']): Record<string, string> {
  return Object.fromEntries(Object.entries(listed(fields)).map(([name, values]) => [name, values.join(',')]));
}

/** Escapes resolved, as text; what is no escape stays, and bytes that are no UTF-8 are lost. */
const decoded = (text: string): string =>
  Buffer.from(
    Buffer.from(text, 'utf8')
      .toString('latin1')
      .replace(/%([0-9A-Fa-f]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16))),
    'latin1',
  ).toString('utf8');

/** As an HTTP API writes it down again when it has read it. */
const rewritten = (query: string): string =>
  query
    .split('&')
    .map((pair) =>
      splitOnce(pair, '=')
        .map((text) => encodeURIComponent(decoded(text.replaceAll('+', ' '))))
        .join('='),
    )
    .join('&');

function bodyOf(body: Told['body']): { body: string | null; isBase64Encoded: boolean } {
  if (body === undefined || body === null) return { body: null, isBase64Encoded: false };
  if (typeof body === 'string') return { body, isBase64Encoded: false };
  return { body: body.toString('base64'), isBase64Encoded: true };
}

function queryLists(query: string | undefined, decode: (text: string) => string): Record<string, string[]> | null {
  if (!query) return null;
  const map: Record<string, string[]> = Object.create(null);
  for (const pair of query.split('&')) {
    const [name = '', value = ''] = splitOnce(pair, '=');
    const list = map[decode(name)] ?? [];
    list.push(decode(value));
    map[decode(name)] = list;
  }
  return map;
}

function payloadV2(told: Told, domainName: string, rawPath: string, query = told.query ?? ''): unknown {
  const cookie = (told.fields ?? []).filter(([name]) => name.toLowerCase() === 'cookie').map(([, value]) => value);
  const headers = joined((told.fields ?? []).filter(([name]) => name.toLowerCase() !== 'cookie'));
  const { body, isBase64Encoded } = bodyOf(told.body);
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString: query,
    ...(cookie.length > 0 && { cookies: cookie.flatMap((line) => line.split('; ')) }),
    headers,
    requestContext: {
      domainName,
      http: { method: told.method ?? 'GET', path: rawPath, protocol: 'HTTP/1.1', sourceIp, userAgent: '' },
      stage: '$default',
    },
    ...(body !== null && { body }),
    isBase64Encoded,
  } as unknown as APIGatewayProxyEventV2;
}

const resultV2 = (value: unknown): Result => {
  const { statusCode, headers, cookies, body, isBase64Encoded } = value as {
    statusCode: number;
    headers: Record<string, string>;
    cookies: string[];
    body: string;
    isBase64Encoded: boolean;
  };
  return { status: statusCode, fields: headers, cookies, body: Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8') };
};

const resultV1 = (value: unknown): Result => {
  const { statusCode, multiValueHeaders, body, isBase64Encoded } = value as {
    statusCode: number;
    multiValueHeaders: Record<string, string[]>;
    body: string;
    isBase64Encoded: boolean;
  };
  const { 'set-cookie': cookies = [], ...others } = multiValueHeaders;
  const fields = Object.fromEntries(Object.entries(others).map(([name, values]) => [name, values.join(', ')]));
  return { status: statusCode, fields, cookies, body: Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8') };
};

const buffered = 4_400_000;
const sixMegabytes = 6 * 1024 * 1024;

export const functionUrl: Teller = {
  name: 'a Function URL',
  mostReplyBytes: buffered,
  mostJsonBytes: sixMegabytes,
  event: (told) => payloadV2(told, 'xyz789.lambda-url.eu-central-1.on.aws', told.path ?? '/'),
  result: resultV2,
};

export const httpApi: Teller = {
  name: 'an HTTP API',
  mostReplyBytes: buffered,
  mostJsonBytes: sixMegabytes,
  event: (told) => payloadV2(told, ownHost, decoded(told.path ?? '/'), rewritten(told.query ?? '')),
  result: resultV2,
};

export const restApi: Teller = {
  name: 'a REST API',
  mostReplyBytes: buffered,
  mostJsonBytes: sixMegabytes,
  event: (told) =>
    ({
      resource: '/{proxy+}',
      path: told.path ?? '/',
      httpMethod: told.method ?? 'GET',
      headers: joined(told.fields),
      multiValueHeaders: listed(told.fields),
      queryStringParameters: null,
      multiValueQueryStringParameters: queryLists(told.query, (text) => decoded(text.replaceAll('+', ' '))),
      requestContext: { domainName: ownHost, identity: { sourceIp }, stage: 'prod' },
      ...bodyOf(told.body),
    }) as unknown as APIGatewayProxyEvent,
  result: resultV1,
};

export const loadBalancer: Teller = {
  name: 'a load balancer',
  mostReplyBytes: 700_000,
  mostJsonBytes: 1024 * 1024,
  event: (told) =>
    ({
      requestContext: {
        elb: { targetGroupArn: 'arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/x/y' },
      },
      path: told.path ?? '/',
      httpMethod: told.method ?? 'GET',
      multiValueHeaders: appendPeer(listed(told.fields)),
      multiValueQueryStringParameters: queryLists(told.query, (text) => text) ?? {},
      ...bodyOf(told.body),
      body: bodyOf(told.body).body ?? '',
    }) as unknown as ALBEvent,
  result: resultV1,
};

function appendPeer(map: Record<string, string[]>): Record<string, string[]> {
  const before = map['x-forwarded-for'] ?? [];
  return { ...map, 'x-forwarded-for': [[...before, sourceIp].join(', ')], 'x-forwarded-proto': ['https'] };
}

export const tellers: readonly Teller[] = [functionUrl, httpApi, restApi, loadBalancer];
