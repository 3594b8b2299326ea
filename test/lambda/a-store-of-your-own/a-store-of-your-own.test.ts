/**
 * Adds a store as `docs/adding-a-store.md` says: one file (`sqlite-store.ts`), one row and one factory. The row and the
 * factory are added here when the two tables are loaded; no file of the core knows this store.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { buildHandlerParts } from '../../../lambda/build.ts';
import { readEnvironment } from '../../../lambda/environment.ts';
import { createHandler } from '../../../lambda/handlers.ts';
import type { GatewayInput } from '../../../shared/config/input.ts';
import { readSettings } from '../../../shared/config/resolve.ts';
import type { Door } from '../../../shared/platform.ts';
import { freshKeys } from '../../../tools/keys.ts';
import { sessionStoreContract } from '../../contracts/session-store/contract.ts';
import { functionUrl } from '../../support/lambda-events.ts';
import { startOrigin, type TestOrigin } from '../../support/origin.ts';
import { createSqliteStore } from './sqlite-store.ts';

vi.mock('../../../shared/config/stores.ts', async (original) => {
  const stores = await original<typeof import('../../../shared/config/stores.ts')>();
  // The row.
  Object.assign(stores.storeKinds, {
    sqlite: {
      doors: ['lambda'],
      minFreshnessMs: 5_000,
      notesActivity: true,
      maxLagMs: 0,
      answersWithinMs: 2_000,
      maxPerSubject: { sessions: 100, because: 'the test says so' },
    },
  });
  return { ...stores, storeNames: Object.keys(stores.storeKinds) };
});

vi.mock('../../../lambda/stores.ts', async (original) => {
  const doors = await original<typeof import('../../../lambda/stores.ts')>();
  // The factory.
  Object.assign(doors.storeFactories, {
    sqlite: ({ all }: { readonly all: Readonly<Record<string, string>> }) => ({
      kind: 'store',
      store: createSqliteStore(all.SQLITE_FILE as string),
    }),
  });
  return doors;
});

const folder = mkdtempSync(join(tmpdir(), 'berth-sqlite-'));
const file = join(folder, 'sessions.db');
let origin: TestOrigin;
beforeAll(async () => {
  origin = await startOrigin('eu', 'token');
});
afterAll(async () => {
  await origin.close();
  rmSync(folder, { recursive: true });
});

const configWith = (session: object): GatewayInput =>
  ({
    publicOrigins: ['https://shop.example'],
    session,
    pools: { app: { origins: [{ id: 'eu', url: origin.url, region: 'eu' }], commands: { token: 'token' } } },
    routes: [
      { path: '/login', methods: ['POST'], pool: 'app', session: 'optional', issues: true },
      { path: '/account', pool: 'app', session: 'required' },
      { path: '/*', pool: 'app', session: 'optional' },
    ],
  }) as GatewayInput;
const sqlite = { store: { lambda: 'sqlite' } };
const variables = async () => ({ SESSION_KEYS: JSON.stringify(await freshKeys()), SQLITE_FILE: file });

describe('the configuration', () => {
  const issuesOf = async (session: object, door: Door = 'lambda') => {
    const reading = readSettings(() => configWith(session), await variables(), door);
    return reading.kind === 'problems' ? reading.problems : [];
  };

  it('accepts the new name', async () => {
    expect(await issuesOf(sqlite)).toEqual([]);
  });

  it('lists it among the choices when a name is wrong', async () => {
    const [issue] = await issuesOf({ store: { lambda: 'sqllite' } });
    expect(issue).toMatchObject({ path: 'session.store.lambda', remedy: expect.stringContaining("'sqlite'") });
  });

  it('refuses it at a door that cannot reach it', async () => {
    const [issue] = await issuesOf({ store: 'sqlite' }, 'worker');
    expect(issue).toMatchObject({ path: 'session.store', message: 'cannot be reached from a Worker' });
  });

  it('refuses a freshness that its row does not promise', async () => {
    const store = { worker: 'durable-object', lambda: 'sqlite' };
    const [issue] = await issuesOf({ store, freshness: '1s' });
    expect(issue).toMatchObject({ path: 'session.freshness', remedy: expect.stringContaining("'5s'") });
    expect(await issuesOf({ store, freshness: '5s' })).toEqual([]);
  });
});

sessionStoreContract('a store of your own', async () => {
  const shared = join(folder, 'contract.db');
  const [store, elsewhere] = [createSqliteStore(shared), createSqliteStore(shared)];
  return {
    store,
    elsewhere,
    async close() {
      store.close();
      elsewhere.close();
    },
  };
});

describe('a gateway', () => {
  it('signs in, knows the session, and refuses it after the sign-out', async () => {
    const { gateway, ...parts } = await buildHandlerParts(() => configWith(sqlite), readEnvironment(await variables()));
    const handler = createHandler({ gateway, ...parts });
    const ask = async (path: string, method = 'GET', cookie?: string, body?: string) => {
      const fields = [
        ['origin', 'https://shop.example'],
        ['content-type', 'application/x-www-form-urlencoded'],
        ...(cookie ? [['cookie', cookie]] : []),
      ] as [string, string][];
      return functionUrl.result(await handler(functionUrl.event({ path, method, fields, body: body ?? null })));
    };

    const signedIn = await ask('/login', 'POST', undefined, 'user=ada');
    expect(signedIn.status).toBe(303);
    const cookie = signedIn.cookies.map((line) => line.split(';')[0]).join('; ');
    expect((await ask('/account', 'GET', cookie)).status).toBe(200);

    const db = new DatabaseSync(file);
    const rowsOf = (kind: string) => db.prepare('SELECT name FROM rows WHERE kind = ?').all(kind).length;
    expect([rowsOf('record'), rowsOf('index'), rowsOf('marker')]).toEqual([1, 1, 0]);

    expect((await ask('/.session/logout', 'POST', cookie)).status).toBe(204);
    expect(rowsOf('marker')).toBe(1);
    db.close();
    expect((await ask('/account', 'GET', cookie)).status).toBe(401);
    expect((await ask('/.session/readyz')).status).toBe(200);
  });
});
