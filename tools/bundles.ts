/**
 * `npm run bundles`: builds both platforms as they are deployed, checks the size of the bundles and which modules they
 * contain. Size alone would not reveal an SDK in the wrong bundle.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { Metafile } from 'esbuild';
import { bundleFunction } from './lambda-runtime/bundle.ts';
import { buildWorkerParts } from './worker-parts.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Small enough for a cold start of a few milliseconds. The parts are loaded on first use. */
const maxGzipBytes: Readonly<Record<string, number>> = {
  'worker core': 78_000,
  worker: 120_000,
};

interface Bundle {
  readonly name: string;
  /** The modules in the bundle, as paths from the root. */
  readonly modules: readonly string[];
  readonly gzipBytes: number;
}

interface Rule {
  readonly bundle: string;
  readonly forbids: RegExp;
  readonly because: string;
}

const plan = { forbids: /^tools\//, because: 'plans are made before a deployment, on a developer machine' };

const rules: readonly Rule[] = [
  {
    bundle: 'worker',
    forbids: /@aws-sdk|@smithy|@redis|node_modules\/undici|^lambda\//,
    because: 'the Worker contains no AWS code',
  },
  { bundle: 'lambda', forbids: /^worker\/|kv-store|miniflare/, because: 'the function contains no KV code' },
  {
    bundle: 'lambda (loaded at start)',
    forbids: /@aws-sdk|@smithy|@redis/,
    because: 'the client of a store is loaded on first use',
  },
  { bundle: 'worker', ...plan },
  { bundle: 'lambda', ...plan },
];

/** What wrangler uploads: the entry with the gateway's core, and what is loaded on first use, each with its own size. */
function worker(): Bundle[] {
  const { outputs } = buildWorkerParts();
  const files = uploaded();
  // Compressed together, as wrangler reports an upload.
  const gzipSizeOf = (names: readonly string[]): number =>
    gzipSync(Buffer.concat(names.map((name) => files.get(name) as Buffer))).length;
  const modulesOf = (paths: readonly string[]): string[] =>
    paths.flatMap((path) => Object.keys(outputs[path]?.inputs ?? {}));
  const nameOf = (path: string): string => `parts/${basename(path)}`;

  const entries = Object.keys(outputs).filter((path) => outputs[path]?.entryPoint);
  const core = loadedWith(entries.find((path) => basename(path) === 'worker.mjs') as string, outputs);
  const parts = entries.filter((path) => !core.includes(path));
  return [
    {
      name: 'worker core',
      modules: modulesOf(core),
      gzipBytes: gzipSizeOf(['index.js', ...core.map(nameOf)]),
    },
    ...parts.map((entry) => {
      const added = loadedWith(entry, outputs).filter((path) => !core.includes(path));
      return {
        name: `worker part ${basename(entry).replace(/-[^-]+$/, '')}`,
        modules: modulesOf(added),
        gzipBytes: gzipSizeOf(added.map(nameOf)),
      };
    }),
    { name: 'worker', modules: modulesOf(Object.keys(outputs)), gzipBytes: gzipSizeOf([...files.keys()]) },
  ];
}

/** The modules that wrangler would upload, by name. */
function uploaded(): ReadonlyMap<string, Buffer> {
  const folder = mkdtempSync(join(tmpdir(), 'berth-upload-'));
  const quiet = { WRANGLER_SEND_METRICS: 'false', WRANGLER_HIDE_BANNER: 'true', CLOUDFLARE_CF_FETCH_ENABLED: 'false' };
  try {
    execFileSync(join(root, 'node_modules/.bin/wrangler'), ['deploy', '--dry-run', '--outdir', folder], {
      cwd: root,
      env: { ...process.env, ...quiet },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => /\.m?js$/.test(name));
    return new Map(names.map((name) => [name, readFileSync(join(folder, name))]));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function lambda(): Promise<Bundle[]> {
  const folder = mkdtempSync(join(tmpdir(), 'berth-bundle-'));
  try {
    const { inputs, outputs } = await bundleFunction(folder);
    const entry = Object.keys(outputs).find((path) => outputs[path]?.entryPoint?.endsWith('index.ts')) as string;
    const atStart = loadedWith(entry, outputs);
    const sizeOf = (files: readonly string[]): number =>
      gzipSync(Buffer.concat(files.map((file) => readFileSync(join(root, file))))).length;
    return [
      { name: 'lambda', modules: Object.keys(inputs), gzipBytes: sizeOf(Object.keys(outputs)) },
      {
        name: 'lambda (loaded at start)',
        modules: atStart.flatMap((file) => Object.keys(outputs[file]?.inputs ?? {})),
        gzipBytes: sizeOf(atStart),
      },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The entry and all files that it imports statically, directly or indirectly. */
function loadedWith(entry: string, outputs: Metafile['outputs']): string[] {
  const files = new Set([entry]);
  for (const file of files) {
    for (const { path, kind } of outputs[file]?.imports ?? [])
      if (kind === 'import-statement' && outputs[path]) files.add(path);
  }
  return [...files];
}

const faults: string[] = [];
const bundles = [...worker(), ...(await lambda())];
for (const { name, modules, gzipBytes } of bundles) {
  const count = modules.length > 0 ? `, ${modules.length} modules` : '';
  console.log(`${name}: ${(gzipBytes / 1000).toFixed(1)} kB gzip${count}`);
  for (const rule of rules) {
    const found = rule.bundle === name ? modules.filter((module) => rule.forbids.test(module)) : [];
    if (found.length > 0) faults.push(`${name} contains ${found.slice(0, 3).join(', ')}: ${rule.because}`);
  }
  const max = maxGzipBytes[name] ?? Number.POSITIVE_INFINITY;
  if (gzipBytes > max) faults.push(`${name} is larger than ${max / 1000} kB`);
}
// The rules only mean something if these modules can be found at all: both clients must be in the function's bundle.
for (const client of ['@aws-sdk', '@redis']) {
  if (!bundles.some(({ name, modules }) => name === 'lambda' && modules.some((module) => module.includes(client))))
    faults.push(`the rules cannot be checked: the lambda bundle has no ${client}`);
}
for (const fault of faults) console.error(fault);
if (faults.length > 0) process.exit(1);
