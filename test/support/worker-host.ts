/**
 * A process of its own that serves Workers on miniflare: workerd with KV and Durable Objects in memory, and nothing between
 * it and the network. One per process of tests, because it takes longer to load than to start a Worker. Its own process
 * group ends with the tests, however they end.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import { unstable_getMiniflareWorkerOptions } from 'wrangler';
import { createSplitBundler } from '../../tools/split-bundle.ts';
import { buildWorkerParts } from '../../tools/worker-parts.ts';
import type { HostAnswer, HostQuestion, HostStart } from './worker-door.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const partsFolder = join(root, 'worker/parts');

/** Bindings, flags and migrations of wrangler.toml, as wrangler itself reads them. */
const { workerOptions, define } = unstable_getMiniflareWorkerOptions(join(root, 'wrangler.toml'));

/** As wrangler bundles, with the configuration as a module of its own. */
const bundleAround = createSplitBundler({
  entryPoints: { index: 'worker/index.ts' },
  outExtension: { '.js': '.mjs' },
  minify: true,
  format: 'esm',
  target: 'es2024',
  conditions: ['workerd', 'worker', 'browser'],
  define,
  external: ['cloudflare:*', 'node:*'],
  logLevel: 'warning',
});

const doors = new Map<number, Miniflare>();

async function start(door: number, { port, config, variables }: HostStart): Promise<void> {
  buildWorkerParts();
  const bundled = await bundleAround(config);
  const modules = [
    ...bundled.map(({ path, contents }) => ({ path, contents: Buffer.from(contents).toString('utf8') })),
    ...readdirSync(partsFolder)
      .filter((name) => name.endsWith('.mjs') && !name.startsWith('.'))
      .map((name) => ({ path: `parts/${name}`, contents: readFileSync(join(partsFolder, name), 'utf8') })),
  ].sort((a, b) => Number(b.path === 'index.mjs') - Number(a.path === 'index.mjs'));
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: 'localhost',
      port,
      // Made up, and not asked of the network.
      cf: false,
      handleStructuredLogs: ({ message }) => {
        for (const line of message.split('\n')) say({ door, kind: 'line', line });
      },
      workers: [
        {
          ...workerOptions,
          name: 'berth',
          bindings: { ...variables },
          modulesRoot: '/',
          modules: modules.map(({ path, contents }) => ({ type: 'ESModule', path: `/${path}`, contents })),
          kvPersist: false,
          durableObjectsPersist: false,
        },
      ],
    }),
  );
  doors.set(door, miniflare);
  await miniflare.ready;
}

async function everyMinute(door: number): Promise<void> {
  const worker = await doors.get(door)?.getWorker();
  const { outcome } = (await worker?.scheduled({ cron: '* * * * *' })) ?? { outcome: 'no such door' };
  if (outcome !== 'ok') throw new Error(`the schedule ended with: ${outcome}`);
}

async function stop(door: number): Promise<void> {
  await doors.get(door)?.dispose();
  doors.delete(door);
}

const say = (answer: HostAnswer): void => void process.send?.(answer);

// Waiting for the next question is what this process is for.
process.channel?.ref();
process.on('message', (question: HostQuestion) => {
  const { door, kind } = question;
  const work = kind === 'start' ? start(door, question.start) : kind === 'stop' ? stop(door) : everyMinute(door);
  work.then(
    () => say({ door, kind: 'done', of: kind }),
    (error: Error) => say({ door, kind: 'failed', of: kind, reason: error.message }),
  );
});
