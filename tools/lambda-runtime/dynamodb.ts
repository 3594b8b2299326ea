/** A local DynamoDB: `dynalite` in this process, or Amazon's DynamoDB Local, which needs Java. */
import { spawn } from 'node:child_process';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { CreateTableCommand, DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { sessionTable } from '../../lambda/dynamodb/table.ts';
import { freePort } from '../free-port.ts';

export interface LocalDynamoDb {
  readonly endpoint: string;
  readonly table: string;
  close(): Promise<void>;
}

/** Java needs about two seconds, more on a busy machine. */
const readyWithinMs = 30_000;
const pauseMs = 100;
const table = 'berth-sessions';

/** Not checked by anyone, but the SDK needs some credentials to sign with. */
export const localCredentials = { accessKeyId: 'local', secretAccessKey: 'local' } as const;

export async function startDynamoDb(kind: 'dynalite' | 'amazon', region: string): Promise<LocalDynamoDb> {
  const { endpoint, close } = await (kind === 'amazon' ? startDynamoDbLocal() : startDynalite());
  try {
    await createTable(endpoint, region);
  } catch (error) {
    await close();
    throw error;
  }
  return { endpoint, table, close };
}

async function startDynalite() {
  // The package has no types.
  const { default: dynalite } = (await import('dynalite' as string)) as { default: (options: object) => Server };
  const server = dynalite({ createTableMs: 0 });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function startDynamoDbLocal() {
  const port = await freePort();
  const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
  const child = spawn(
    process.execPath,
    ['--import', file('../die-with-parent.ts'), file('./dynamodb-local.ts'), String(port)],
    {
      detached: true,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    },
  );
  const ended = new Promise<void>((resolve) => {
    child.once('error', () => resolve());
    child.once('exit', () => resolve());
  });
  return {
    endpoint: `http://127.0.0.1:${port}`,
    async close() {
      // Closing the channel ends its whole process group, including Java.
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}

async function createTable(endpoint: string, region: string): Promise<void> {
  const client = new DynamoDBClient({ endpoint, region, credentials: localCredentials, maxAttempts: 1 });
  const deadline = Date.now() + readyWithinMs;
  let created = false;
  try {
    for (;;) {
      try {
        if (!created) await client.send(new CreateTableCommand(sessionTable(table)));
        created = true;
        const { Table } = await client.send(new DescribeTableCommand({ TableName: table }));
        if (Table?.TableStatus === 'ACTIVE') return;
        if (Date.now() > deadline) throw new Error('the DynamoDB table did not become active');
      } catch (error) {
        if (Date.now() > deadline) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  } finally {
    client.destroy();
  }
}
