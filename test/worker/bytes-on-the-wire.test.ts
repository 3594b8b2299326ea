/**
 * What the Worker's platform sends, asked of workerd itself: `wrangler dev` puts a Worker of its own in front, which
 * rewrites the URL before ours sees it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort } from '../../tools/free-port.ts';
import { privateFolder } from '../../tools/private-folder.ts';
import { startOrigin, type TestOrigin } from '../support/origin.ts';
import { requestOf, say } from '../support/raw-http.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Our own words for workerd, since it reads no wrangler.toml. */
const settingOf = (name: string): string =>
  new RegExp(`^${name} = (.*)$`, 'm').exec(readFileSync(join(root, 'wrangler.toml'), 'utf8'))?.[1] ?? '[]';

const entry = (base: string): string => `
import { arrivalOf, workerPlatform } from '${root}worker/platform.ts';
import { originUrl } from '${root}shared/proxy/target.ts';
export default {
  async fetch(request, env, ctx) {
    const { body, path, rawQuery } = arrivalOf(request, ctx);
    const { method, headers, signal } = request;
    const url = originUrl('${base}', path, rawQuery);
    const outcome = await workerPlatform.send({ url, method, headers, body, host: null, edgeCache: false, signal });
    return outcome.kind === 'reply' ? outcome.response : new Response(outcome.reason, { status: 599 });
  },
};`;

let origin: TestOrigin;
let url: string;
let workerd: ChildProcess;
const folder = privateFolder();

beforeAll(async () => {
  origin = await startOrigin('eu', 'token');
  const { outputFiles } = await build({
    stdin: { contents: entry(origin.url), resolveDir: root, loader: 'ts' },
    bundle: true,
    format: 'esm',
    write: false,
  });
  const port = await freePort();
  writeFileSync(join(folder, 'worker.js'), outputFiles[0]?.text ?? '');
  writeFileSync(
    join(folder, 'config.capnp'),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .main), (name = "internet", network = (allow = ["private", "public"]))],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")]);
const main :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  compatibilityDate = ${settingOf('compatibility_date')},
  compatibilityFlags = ${settingOf('compatibility_flags')});
`,
  );
  const binary = createRequire(createRequire(import.meta.url).resolve('wrangler/package.json'))('workerd').default;
  workerd = spawn(binary, ['serve', join(folder, 'config.capnp')], { stdio: 'ignore' });
  url = `http://127.0.0.1:${port}`;
  // It says nothing when it listens; a refused connection is quick.
  const impatientAt = Date.now() + 10_000;
  while ((await say(url, requestOf(url, 'GET /ready'))).status !== 200) {
    if (Date.now() > impatientAt) throw new Error('workerd does not answer');
    await pause(20);
  }
});

afterAll(async () => {
  workerd?.kill();
  await origin?.close();
  rmSync(folder, { recursive: true, force: true });
});

it.each(["?a='b'&c=%27&d=%2F", '?', '?h[]=1&i={2}&j=|^`', '?k=%zz&l=%&m=a+b%20c', "?'"])(
  'the query %s leaves as it came',
  async (query) => {
    await say(url, requestOf(url, `GET /it's/here${query}`));
    expect(origin.seen.at(-1)?.url).toBe(`/it's/here${query}`);
  },
);

it('bytes that cannot stand in a query leave escaped', async () => {
  await say(url, requestOf(url, 'GET /x?e=\xc3\xbc'));
  expect(origin.seen.at(-1)?.url).toBe('/x?e=%C3%BC');
});

it('the path leaves as the URL standard has it', async () => {
  await say(url, requestOf(url, 'GET /a/./b/%2e%2e/c'));
  expect(origin.seen.at(-1)?.url).toBe('/a/c');
});

it('a GET keeps its body', async () => {
  await say(url, requestOf(url, 'GET /search', ['Content-Length: 5'], 'hello'));
  expect(origin.seen.at(-1)).toMatchObject({ method: 'GET', body: Buffer.from('hello') });
});
