/** Bundles the function as it is deployed: minified ES modules, with the AWS SDK in files that are loaded on first use. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild';
import { createSplitBundler } from '../split-bundle.ts';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Some packages still use `require`, which ES modules do not have. */
const requireForModules =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";

export interface BundleOptions {
  /** In place of gateway.config.ts: an absolute path, or the text of such a file. */
  readonly config?: string;
  /** In place of lambda/index.ts, for tests of the runtime itself. */
  readonly entry?: string;
  /** With source maps, and not minified. */
  readonly debuggable?: boolean;
}

const buildOptions = {
  outExtension: { '.js': '.mjs' },
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  minify: true,
  banner: { js: requireForModules },
  logLevel: 'warning',
} satisfies BuildOptions;

const defaultEntry = 'lambda/index.ts';

export async function bundleFunction(
  outdir: string,
  { config, entry, debuggable = false }: BundleOptions = {},
): Promise<Metafile> {
  const built = await build({
    ...buildOptions,
    metafile: true,
    absWorkingDir: root,
    entryPoints: { index: entry ?? defaultEntry },
    outdir,
    chunkNames: 'parts/[name]-[hash]',
    minify: !debuggable,
    sourcemap: debuggable,
    plugins: config === undefined ? [] : [withConfig(config)],
  });
  return built.metafile;
}

const bundleAround = createSplitBundler({ ...buildOptions, entryPoints: { index: defaultEntry } });

/** The same function with another configuration, which stays a module of its own: quick from the second call on. */
export async function bundleFunctionAround(config: string, outdir: string): Promise<void> {
  for (const { path, contents } of await bundleAround(config)) {
    const file = join(outdir, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, contents);
  }
}

const withConfig = (config: string): Plugin => ({
  name: 'gateway-config',
  setup(setup) {
    setup.onResolve({ filter: /\/gateway\.config\.ts$/ }, () =>
      isAbsolute(config) ? { path: config } : { path: 'gateway.config.ts', namespace: 'given' },
    );
    setup.onLoad({ filter: /.*/, namespace: 'given' }, () => ({ contents: config, loader: 'ts', resolveDir: root }));
  },
});
