/**
 * workerd itself, with one Worker of a test's own under the flags of wrangler.toml. `wrangler dev` puts a Worker of its own
 * in front, which rewrites URLs and bodies, and has no cache between a Worker and its origins.
 */
import { spawn } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { freePort } from '../../tools/free-port.ts';
import { privateFolder } from '../../tools/private-folder.ts';
import { requestOf, say } from './raw-http.ts';

export interface Workerd {
  readonly url: string;
  stop(): void;
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const mostStartMs = 10_000;

/**
 * `entry`: the source of the Worker, TypeScript that may import from the project. `outbound`: that of another one, plain
 * JavaScript, which gets all that the first one fetches in place of the network.
 */
export async function startWorkerd({ entry, outbound }: { entry: string; outbound?: string }): Promise<Workerd> {
  const folder = privateFolder();
  const { outputFiles } = await build({
    stdin: { contents: entry, resolveDir: root, loader: 'ts' },
    bundle: true,
    format: 'esm',
    write: false,
  });
  const port = await freePort();
  writeFileSync(join(folder, 'worker.js'), outputFiles[0]?.text ?? '');
  if (outbound !== undefined) writeFileSync(join(folder, 'outbound.js'), outbound);
  writeFileSync(
    join(folder, 'config.capnp'),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    ${outbound === undefined ? '' : '(name = "outbound", worker = .outbound),'}
    (name = "internet", network = (allow = ["private", "public"]))],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")]);
${workerOf('main', 'worker.js', outbound === undefined ? 'internet' : 'outbound')}
${outbound === undefined ? '' : workerOf('outbound', 'outbound.js', 'internet')}`,
  );
  const binary = createRequire(createRequire(import.meta.url).resolve('wrangler/package.json'))('workerd').default;
  const process = spawn(binary, ['serve', join(folder, 'config.capnp')], { stdio: 'ignore' });
  const url = `http://127.0.0.1:${port}`;
  // It says nothing when it listens; a refused connection is quick.
  const impatientAt = Date.now() + mostStartMs;
  while ((await say(url, requestOf(url, 'GET /ready'))).status !== 200) {
    if (Date.now() > impatientAt) throw new Error('workerd does not answer');
    await pause(20);
  }
  return {
    url,
    stop() {
      process.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** workerd reads no wrangler.toml: its words for it are taken from there. */
const settingOf = (name: string): string =>
  new RegExp(`^${name} = (.*)$`, 'm').exec(readFileSync(join(root, 'wrangler.toml'), 'utf8'))?.[1] ?? '[]';

const workerOf = (name: string, file: string, network: string): string =>
  `const ${name} :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "${file}")],
  globalOutbound = "${network}",
  compatibilityDate = ${settingOf('compatibility_date')},
  compatibilityFlags = ${settingOf('compatibility_flags')});`;
