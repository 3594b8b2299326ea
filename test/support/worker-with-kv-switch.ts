/**
 * The real Worker on the bare workerd, in front of one origin, with a KV namespace that can be made to fail or to fall
 * silent, and accepts one write per second and key: what `wrangler dev` has no switch for, and no such rule.
 */
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
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
import type { KvMode } from './kv-switch-worker.ts';
import { startOrigin, type TestOrigin } from './origin.ts';

export interface SwitchedWorker {
  readonly url: string;
  readonly origins: Readonly<Record<string, TestOrigin>>;
  readonly originToken: string;
  readonly serviceToken: string;
  /** Everything that the Worker has written so far. */
  readonly lines: readonly string[];
  client(): Client;
  /** What KV does from now on. Requests that it hangs already stay so. */
  switchKv(to: KvMode): Promise<void>;
  close(): Promise<void>;
}

const root = fileURLToPath(new URL('../..', import.meta.url));

/** `safeMethods` as in `whenStoreIsDown`; the freshness is what KV can promise at the least, 120 s. */
export async function startWorkerWithKvSwitch(safeMethods: string): Promise<SwitchedWorker> {
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
    const [port, kvPort] = [await freePort(), await freePort()];
    // The address and not the name: workerd listens on nothing else.
    const url = `http://127.0.0.1:${port}`;
    writeFileSync(join(folder, 'gateway.config.ts'), definitionWith(safeMethods));
    await bundle('worker/index.ts', join(folder, 'main.mjs'), join(folder, 'gateway.config.ts'));
    await bundle('test/support/kv-switch-worker.ts', join(folder, 'kv.mjs'));
    const variables = {
      PUBLIC_ORIGIN: url,
      ORIGIN_EU: origin.url,
      ORIGIN_TOKEN: originToken,
      SESSION_KEYS: JSON.stringify(await freshKeys()),
      GATEWAY_TOKENS: JSON.stringify([
        {
          id: 'test',
          sha256: createHash('sha256').update(serviceToken).digest('hex'),
          scopes: ['sessions:read', 'sessions:write', 'sessions:end'],
        },
      ]),
      DEV_HEADERS: '1',
    };
    const configFile = join(folder, 'workerd.capnp');
    writeFileSync(configFile, runtimeConfig(variables, { port, kvPort }));
    const output = join(folder, 'output.log');
    await child.ask({ configFile, output } satisfies RuntimeStart);
    const switchKv = async (to: KvMode): Promise<void> => {
      const { body } = await request(`http://127.0.0.1:${kvPort}/switch`, { method: 'POST', body: to });
      await body.dump();
    };
    return {
      url,
      origins: { eu: origin },
      originToken,
      serviceToken,
      get lines() {
        return readFileSync(output, 'utf8').split('\n');
      },
      client: () => createClient(url),
      switchKv,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

const definitionWith = (safeMethods: string): string => `
import { defineGateway } from '${root}shared/config/define.ts';
export default defineGateway((env) => ({
  publicOrigins: [env.PUBLIC_ORIGIN],
  session: { strategy: 'stored', store: 'kv', whenStoreIsDown: { safeMethods: '${safeMethods}' } },
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

const wranglerToml = readFileSync(join(root, 'wrangler.toml'), 'utf8');
const declared = (name: string): string =>
  new RegExp(`^${name} = (.*)$`, 'm').exec(wranglerToml)?.[1] ?? `missing: ${name}`;

/** Cap'n Proto text, whose strings and lists are written like JSON's. The switch is reached on KV's own socket. */
function runtimeConfig(variables: Readonly<Record<string, string>>, at: { port: number; kvPort: number }): string {
  const bindings = Object.entries(variables).map(
    ([name, value]) => `(name = ${JSON.stringify(name)}, text = ${JSON.stringify(value)})`,
  );
  const compatibility = `compatibilityDate = ${declared('compatibility_date')},
  compatibilityFlags = ${declared('compatibility_flags')}`;
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "kv", worker = .kv),
    (name = "internet", network = (allow = ["public", "private"])),
  ],
  sockets = [
    (name = "kv", address = "127.0.0.1:${at.kvPort}", http = (), service = "kv"),
    (name = "http", address = "127.0.0.1:${at.port}", http = (), service = "main"),
  ],
);
const main :Workerd.Worker = (
  modules = [(name = "main.mjs", esModule = embed "main.mjs")],
  ${compatibility},
  bindings = [(name = "SESSIONS", kvNamespace = "kv"), ${bindings.join(', ')}],
);
const kv :Workerd.Worker = (
  modules = [(name = "kv.mjs", esModule = embed "kv.mjs")],
  ${compatibility},
);
`;
}
