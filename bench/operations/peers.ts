/**
 * express-session with the stores that people use, on the same traffic. They are not among the dependencies: `npm install
 * --no-save --legacy-peer-deps connect-redis@9.0.0 connect-dynamodb@3.0.5` puts them there.
 */
import { createServer, request } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createClient } from '@redis/client';
import type { MovedClock } from './clock.ts';
import type { Counter, Operations } from './count.ts';
import { momentOf, requests } from './visit.ts';

const require = createRequire(import.meta.url);
type Middleware = (request: object, response: object, next: (error?: unknown) => void) => void;
type ExpressSession = ((options: object) => Middleware) & { readonly Store: unknown };
const expressSession = require('express-session') as ExpressSession;

/** `null`: the package is not installed. */
function packageNamed<T>(name: string): T | null {
  try {
    return require(name) as T;
  } catch {
    return null;
  }
}

export async function onConnectRedis(port: number, clock: MovedClock, counter: Counter): Promise<Operations | null> {
  const found = packageNamed<{ RedisStore: new (options: object) => object }>('connect-redis');
  if (!found) return null;
  const client = createClient({ url: `redis://:only-for-this-test@127.0.0.1:${port}`, RESP: 2 });
  await client.connect();
  try {
    return await visitExpress(new found.RedisStore({ client }), clock, counter);
  } finally {
    client.destroy();
  }
}

export async function onConnectDynamoDb(
  endpoint: string,
  clock: MovedClock,
  counter: Counter,
): Promise<Operations | null> {
  type Create = (express: ExpressSession) => new (options: object) => object;
  const create = packageNamed<Create>('connect-dynamodb');
  if (!create) return null;
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new DynamoDBClient({ endpoint, region: 'eu-central-1', credentials });
  const table = 'express-sessions';
  await client.send(
    new CreateTableCommand({
      TableName: table,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    }),
  );
  try {
    const Store = create(expressSession);
    return await visitExpress(new Store({ table, client, initialized: true }), clock, counter);
  } finally {
    client.destroy();
  }
}

async function visitExpress(store: object, clock: MovedClock, counter: Counter): Promise<Operations> {
  const cookie = { maxAge: 30 * 60_000 };
  const middleware = expressSession({
    secret: 'for the bench',
    resave: false,
    saveUninitialized: false,
    cookie,
    store,
  });
  const server = createServer((incoming, reply) => {
    middleware(incoming, reply, (error) => {
      const { session } = incoming as unknown as { session?: Record<string, unknown> };
      const isLogin = incoming.url === '/login';
      if (session && isLogin) session.user = 'ada';
      reply.statusCode = !error && session?.user === 'ada' ? 200 : 500;
      reply.end('ok');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  let held = '';

  const ask = (path: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const headers = held ? { cookie: held } : {};
      const outgoing = request({ host: '127.0.0.1', port, path, headers }, (answer) => {
        const set = answer.headers['set-cookie']?.[0];
        if (set) held = set.split(';', 1)[0] as string;
        answer.resume().once('end', () => (answer.statusCode === 200 ? resolve() : reject(new Error('session lost'))));
      });
      outgoing.on('error', reject).end();
    });

  try {
    await ask('/login');
    counter.reset();
    for (let i = 1; i <= requests; i++) {
      await clock.moveTo(momentOf(i));
      await ask('/account');
    }
    return counter.counted();
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
