/**
 * Builds the Worker's modules. wrangler bundles dynamic imports into the one file; esbuild keeps what is loaded on first use
 * in modules of its own, and wrangler uploads them (`worker/index.ts`). wrangler runs this before each build. A file that
 * has not changed is not written, or wrangler would build again.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync, type Metafile } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'worker/parts');

/** Returns which modules each file contains. */
export function buildWorkerParts(): Metafile {
  const { outputFiles, metafile } = buildSync({
    entryPoints: { worker: 'worker/worker.ts' },
    absWorkingDir: root,
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    chunkNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*', 'node:*'],
    sourcemap: 'linked',
    write: false,
    metafile: true,
  });
  for (const { path, text } of outputFiles) writeIfChanged(path, text);
  removeAllBut(outputFiles.map(({ path }) => basename(path)));
  return metafile;
}

/** Written under another name and then renamed, so that a reader never sees half a file. */
function writeIfChanged(path: string, text: string): void {
  if (readOrNull(path) === text) return;
  mkdirSync(dirname(path), { recursive: true });
  const unfinished = join(dirname(path), `.${basename(path)}.${process.pid}`);
  writeFileSync(unfinished, text);
  renameSync(unfinished, path);
}

/** Otherwise wrangler would also upload files of earlier versions. */
function removeAllBut(names: readonly string[]): void {
  for (const name of readdirSync(folder)) {
    if (!name.startsWith('.') && !names.includes(name)) rmSync(join(folder, name), { force: true });
  }
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

if (import.meta.main) buildWorkerParts();
