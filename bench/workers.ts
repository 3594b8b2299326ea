/** Starts bundled Workers in workerd, each with its own configuration and no other program in its path. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { type Child, startChild } from './child.ts';
import { gatewayConfig } from './gateway.ts';
import type { Runtime, RuntimeStart } from './runtime.ts';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** The header from which workerd takes `request.cf`. Cloudflare adds it to every request; it contains the client's location. */
export const cfHeader = 'bench-cf';

export interface WorkerStart {
  readonly entry: 'worker/index.ts' | 'bench/pass-through-worker.ts';
  readonly variables: Readonly<Record<string, string>>;
  /** A folder for this Worker alone. */
  readonly folder: string;
  /** Flags for V8, and the file for its output. */
  readonly v8?: { readonly flags: readonly string[]; readonly output: string };
}
export interface RunningWorker extends Runtime {
  readonly child: Child;
}

export async function startWorker({ entry, variables, folder, v8 }: WorkerStart): Promise<RunningWorker> {
  mkdirSync(folder, { recursive: true });
  await bundleWorker(entry, join(folder, 'main.mjs'));
  await bundleWorker('bench/kv-worker.ts', join(folder, 'kv.mjs'));
  const configFile = join(folder, 'workerd.capnp');
  writeFileSync(configFile, runtimeConfig(variables, v8?.flags ?? []));
  const child = startChild('runtime.ts');
  return {
    child,
    ...(await child.ask<Runtime>({ configFile, ...(v8 && { output: v8.output }) } satisfies RuntimeStart)),
  };
}

async function bundleWorker(entry: string, outfile: string): Promise<void> {
  await build({
    entryPoints: [join(root, entry)],
    absWorkingDir: root,
    outfile,
    bundle: true,
    format: 'esm',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*', 'node:*'],
    logLevel: 'warning',
    plugins: [withBenchConfig],
  });
}

const withBenchConfig: Plugin = {
  name: 'bench-config',
  setup(setup) {
    setup.onResolve({ filter: /\/gateway\.config\.ts$/ }, () => ({ path: 'gateway.config.ts', namespace: 'bench' }));
    setup.onLoad({ filter: /.*/, namespace: 'bench' }, () => ({
      contents: gatewayConfig,
      loader: 'ts',
      resolveDir: root,
    }));
  },
};

/** The compatibility settings of the deployed Worker. */
const wranglerToml = readFileSync(join(root, 'wrangler.toml'), 'utf8');
const compatibility = [
  `compatibilityDate = ${/^compatibility_date = (".*")$/m.exec(wranglerToml)?.[1]}`,
  `compatibilityFlags = ${/^compatibility_flags = (\[.*\])$/m.exec(wranglerToml)?.[1]}`,
].join(', ');

/** Cap'n Proto text; its strings have JSON's syntax. To workerd, loopback is a private network, which must be allowed. */
function runtimeConfig(variables: Readonly<Record<string, string>>, v8Flags: readonly string[]): string {
  const bindings = Object.entries(variables).map(
    ([name, value]) => `(name = ${JSON.stringify(name)}, text = ${JSON.stringify(value)})`,
  );
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  v8Flags = ${JSON.stringify(v8Flags)},
  services = [
    (name = "main", worker = .main),
    (name = "kv", worker = .kv),
    (name = "internet", network = (allow = ["public", "private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (cfBlobHeader = "${cfHeader}"), service = "main")],
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
