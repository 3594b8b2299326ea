/**
 * The real Worker on the bare workerd, in front of one origin, with a store that can be made to fail or to fall silent: what
 * `wrangler dev` has no switch for. Its KV also accepts one write per second and key only. `elsewhere` is the same Worker
 * in another isolate, over the same store.
 */
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { request } from 'undici';
import { startChild } from '../../bench/child.ts';
import type { RuntimeStart } from '../../bench/runtime.ts';
import { freePort } from '../../tools/free-port.ts';
import { freshKeys } from '../../tools/keys.ts';
import { privateFolder } from '../../tools/private-folder.ts';
import { type Client, createClient } from './client.ts';
import { startOrigin, type TestOrigin } from './origin.ts';
import { readExposition, type Samples } from './prometheus.ts';
import type { KvMode } from './switched-kv.ts';
import type { ObjectsMode } from './switched-objects.ts';
import { runtimeConfig } from './switched-runtime.ts';

export interface SwitchedWorker<Mode extends string> {
  readonly url: string;
  readonly origins: Readonly<Record<string, TestOrigin>>;
  readonly originToken: string;
  readonly serviceToken: string;
  /** Everything that both isolates have written so far. */
  readonly lines: readonly string[];
  client(): Client;
  /** A client of the other isolate. */
  elsewhere(): Client;
  /** The samples of `/metrics`, by series: the counts of this isolate alone. */
  metrics(): Promise<Samples>;
  /** What the store does from now on. Requests that it hangs already stay so. */
  switchStore(to: Mode): Promise<void>;
  close(): Promise<void>;
}

/** What the tests change in the session's settings. */
export interface SwitchedSession {
  readonly freshness?: string;
  readonly whenStoreIsDown?: { readonly safeMethods: string };
}

const root = fileURLToPath(new URL('../..', import.meta.url));

export const startWorkerOnKv = (session: SwitchedSession = {}): Promise<SwitchedWorker<KvMode>> => start('kv', session);

export const startWorkerOnObjects = (session: SwitchedSession = {}): Promise<SwitchedWorker<ObjectsMode>> =>
  start('durable-object', session);

async function start<Mode extends string>(
  store: 'kv' | 'durable-object',
  session: SwitchedSession,
): Promise<SwitchedWorker<Mode>> {
  const folder = privateFolder();
  const originToken = randomBytes(32).toString('base64url');
  const serviceToken = randomBytes(32).toString('base64url');
  const origin = await startOrigin('eu', originToken);
  const child = startChild('runtime.ts');
  const close = async (): Promise<void> => {
    child.stop();
    await origin.close();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const ports = { main: await freePort(), elsewhere: await freePort(), switch: await freePort() };
    // The address and not the name: workerd listens on nothing else.
    const at = (port: number): string => `http://127.0.0.1:${port}`;
    const config = join(folder, 'gateway.config.ts');
    writeFileSync(config, definitionWith({ strategy: 'stored', store, ...session }));
    await bundle(
      store === 'kv' ? 'worker/index.ts' : 'test/support/switched-objects.ts',
      join(folder, 'main.mjs'),
      config,
    );
    await bundle('test/support/switched-kv.ts', join(folder, 'kv.mjs'));
    mkdirSync(join(folder, 'objects'));
    const variables = {
      PUBLIC_ORIGIN: at(ports.main),
      PUBLIC_ORIGIN_ELSEWHERE: at(ports.elsewhere),
      ORIGIN_EU: origin.url,
      ORIGIN_TOKEN: originToken,
      SESSION_KEYS: JSON.stringify(await freshKeys()),
      GATEWAY_TOKENS: JSON.stringify([
        {
          id: 'test',
          sha256: createHash('sha256').update(serviceToken).digest('hex'),
          scopes: ['sessions:read', 'sessions:write', 'sessions:end', 'status:read'],
        },
      ]),
      DEV_HEADERS: '1',
    };
    const configFile = join(folder, 'workerd.capnp');
    writeFileSync(configFile, runtimeConfig({ store, variables, ports, objectsFolder: join(folder, 'objects') }));
    const output = join(folder, 'output.log');
    await child.ask({ configFile, output } satisfies RuntimeStart);
    const switchStore = async (to: Mode): Promise<void> => {
      const { body } = await request(`${at(ports.switch)}/switch`, { method: 'POST', body: to });
      await body.dump();
    };
    const metrics = async (): Promise<Samples> => {
      const headers = { authorization: `Bearer ${serviceToken}` };
      return readExposition((await createClient(at(ports.main)).ask('/.session/metrics', { headers })).text());
    };
    return {
      url: at(ports.main),
      origins: { eu: origin },
      originToken,
      serviceToken,
      get lines() {
        return readFileSync(output, 'utf8').split('\n');
      },
      client: () => createClient(at(ports.main)),
      elsewhere: () => createClient(at(ports.elsewhere)),
      metrics,
      switchStore,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

const definitionWith = (session: object): string => `
import { defineGateway } from '${root}shared/config/define.ts';
export default defineGateway((env) => ({
  publicOrigins: [env.PUBLIC_ORIGIN, env.PUBLIC_ORIGIN_ELSEWHERE],
  session: ${JSON.stringify(session)},
  pools: { app: { origins: [{ id: 'eu', url: env.ORIGIN_EU, region: 'eu' }], commands: { token: env.ORIGIN_TOKEN } } },
  routes: [
    { path: '/login', methods: ['POST'], pool: 'app', session: 'optional', issues: true },
    { path: '/account/*', pool: 'app', session: 'required' },
    { path: '/assets/*', pool: 'app', session: 'off' },
    { path: '/*', pool: 'app', session: 'optional' },
  ],
  login: { page: '/login', returnParam: 'return_to' },
}));
`;

/** `config` takes the place of gateway.config.ts. */
async function bundle(entry: string, outfile: string, config = ''): Promise<void> {
  await build({
    entryPoints: [join(root, entry)],
    outfile,
    bundle: true,
    format: 'esm',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*', 'node:*'],
    logLevel: 'warning',
    plugins: [
      {
        name: 'config',
        setup: (setup) => setup.onResolve({ filter: /^\.\.\/gateway\.config\.ts$/ }, () => ({ path: config })),
      },
    ],
  });
}
