/**
 * Builds the Worker's modules. wrangler bundles dynamic imports into the one file; esbuild keeps what is loaded on first use
 * in modules of its own, and wrangler uploads them (`worker/index.ts`). wrangler runs this before each build. A file that
 * has not changed is not written, or wrangler would build again. terser makes the modules 5 % smaller than esbuild does.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync, type Metafile } from 'esbuild';
import { minify_sync } from 'terser';

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
  const texts = new Map(outputFiles.map(({ path, text }) => [basename(path), text]));
  minifyInto(folder, texts);
  removeAllBut([...texts.keys()]);
  return metafile;
}

/** From each module's name to the digest of what was last minified into it: most builds change one module, or none. */
type Minified = Readonly<Record<string, string>>;
const minifiedFile = join(folder, '.minified.json');

function minifyInto(folder: string, texts: ReadonlyMap<string, string>): void {
  const before: Minified = JSON.parse(readOrNull(minifiedFile) ?? '{}');
  const after: Record<string, string> = {};
  for (const [name, text] of texts) {
    if (!name.endsWith('.mjs')) continue;
    const map = texts.get(`${name}.map`) ?? '';
    after[name] = createHash('sha256').update(text).update(map).digest('hex');
    const isDone = before[name] === after[name] && readOrNull(join(folder, name)) !== null;
    if (isDone) continue;
    const smaller = minify_sync(text, {
      module: true,
      ecma: 2020,
      sourceMap: { content: map, url: `${name}.map` },
    });
    writeIfChanged(join(folder, `${name}.map`), String(smaller.map));
    writeIfChanged(join(folder, name), smaller.code as string);
  }
  writeIfChanged(minifiedFile, JSON.stringify(after));
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
