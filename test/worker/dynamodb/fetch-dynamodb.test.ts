/** What the Worker's DynamoDB client sends and what it makes of every reply, against a server that replies as it is told. */
import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createFetchDynamoDb } from '../../../worker/dynamodb/fetch-dynamodb.ts';

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}
type Told = { readonly status: number; readonly body: string } | 'reset' | 'silence';

let server: Server;
let endpoint: string;
const sent: Sent[] = [];
const told: Told[] = [];

beforeEach(async () => {
  sent.length = 0;
  told.length = 0;
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      sent.push({ method, path: url, headers, body: Buffer.concat(chunks).toString() });
      const next = told.length > 1 ? told.shift() : told[0];
      if (next === 'reset') request.socket.destroy();
      else if (next !== 'silence') response.writeHead(next?.status ?? 200).end(next?.body ?? '{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const secretAccessKey = 'secret/of+mine';
const opened = (sessionToken?: string) =>
  createFetchDynamoDb({
    endpoint,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey, sessionToken },
  });
const failure = (status: number, type: string): Told => ({
  status,
  body: JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: 'about s3cr3t' }),
});
const input = { TableName: 'sessions', Key: { PK: { S: 'ö~"' } } };

/** Signature Version 4, as AWS describes it, written apart from the library. */
function signatureOf({ method, path, headers, body }: Sent): string {
  const hash = (text: string) => createHash('sha256').update(text).digest('hex');
  const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
  const names = /SignedHeaders=([^,]+)/.exec(headers.authorization ?? '')?.[1] ?? '';
  const canonical = names.split(';').map((name) => `${name}:${headers[name]}\n`);
  const request = [method, path, '', canonical.join(''), names, hash(body)].join('\n');
  const at = headers['x-amz-date'] as string;
  const scope = `${at.slice(0, 8)}/eu-central-1/dynamodb/aws4_request`;
  let key: string | Buffer = `AWS4${secretAccessKey}`;
  for (const part of scope.split('/')) key = hmac(key, part);
  return hmac(key, ['AWS4-HMAC-SHA256', at, scope, hash(request)].join('\n')).toString('hex');
}

test.each([undefined, 'of-temporary-credentials'])(
  'a request is signed as AWS asks (session token: %s)',
  async (token) => {
    expect(await opened(token).call('UpdateItem', input)).toEqual({ kind: 'done', reply: {} });
    const [request] = sent as [Sent];
    expect(request.headers).toMatchObject({
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'DynamoDB_20120810.UpdateItem',
    });
    expect(request.headers['x-amz-security-token']).toBe(token);
    expect(JSON.parse(request.body)).toEqual(input);
    expect(request.headers.authorization).toContain(`Signature=${signatureOf(request)}`);
    expect(request.headers.authorization).toContain('x-amz-target');
  },
);

test('a refused condition is an answer, and asked once', async () => {
  told.push(failure(400, 'ConditionalCheckFailedException'));
  expect(await opened().call('PutItem', input)).toEqual({ kind: 'refused' });
  expect(sent).toHaveLength(1);
});

test.each<[string, Told, number, string]>([
  ['a missing table', failure(400, 'ResourceNotFoundException'), 1, 'ResourceNotFoundException'],
  ['a role without the permission', failure(400, 'AccessDeniedException'), 1, 'AccessDeniedException'],
  ['a wrong key', failure(400, 'UnrecognizedClientException'), 1, 'UnrecognizedClientException'],
  ['expired credentials', failure(400, 'ExpiredTokenException'), 1, 'ExpiredTokenException'],
  ['throttling', failure(400, 'ThrottlingException'), 2, 'ThrottlingException'],
  [
    'a full partition',
    failure(400, 'ProvisionedThroughputExceededException'),
    2,
    'ProvisionedThroughputExceededException',
  ],
  ['a server that fails', failure(500, 'InternalServerError'), 2, 'InternalServerError'],
  ['a proxy that fails', { status: 502, body: '<html>s3cr3t</html>' }, 2, 'status 502'],
  ['a reply that is no JSON', { status: 200, body: 's3cr3t' }, 2, 'the connection failed'],
  ['a redirect', { status: 307, body: '' }, 1, 'status 307'],
  ['a connection that breaks', 'reset', 2, 'the connection failed'],
])('%s is an outage after as many tries as are useful', async (_, reply, tries, cause) => {
  told.push(reply);
  await expect(opened().call('PutItem', input)).rejects.toThrow(new Error(`DynamoDB did not answer: ${cause}`));
  expect(sent).toHaveLength(tries);
});

test('what passes is not seen', async () => {
  told.push(failure(500, 'InternalServerError'), { status: 200, body: '{"Items":[]}' });
  expect(await opened().call('Query', input)).toEqual({ kind: 'done', reply: { Items: [] } });
});

test('a server that is silent is an outage within three seconds', async () => {
  told.push('silence');
  const begun = performance.now();
  await expect(opened().call('PutItem', input)).rejects.toThrow('DynamoDB did not answer: no answer in time');
  expect(performance.now() - begun).toBeLessThan(3_500);
  expect(sent).toHaveLength(2);
});
