/**
 * Builds the Worker's parts (`shared/parts.ts`): modules that wrangler uploads beside the Worker and that are loaded on
 * first use. wrangler runs this before each build. A file that has not changed is not written, or wrangler would build again.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync, type Metafile } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'worker/parts');

/** Name in `shared/parts.ts` -> module. */
const entries = {
  jwsProof: 'shared/identity/jws-proof.ts',
  pages: 'shared/endpoints/pages.ts',
};

/** Returns which modules each file contains. */
export function buildWorkerParts(): Metafile {
  const { outputFiles, metafile } = buildSync({
    entryPoints: entries,
    absWorkingDir: root,
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    chunkNames: 'shared-[hash]',
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
