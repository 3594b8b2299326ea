/** Bundles the function as it is deployed: minified ES modules, with the AWS SDK in files that are loaded on first use. */
import { isAbsolute } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Metafile, type Plugin } from 'esbuild';

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

export async function bundleFunction(
  outdir: string,
  { config, entry, debuggable = false }: BundleOptions = {},
): Promise<Metafile> {
  const built = await build({
    metafile: true,
    absWorkingDir: root,
    entryPoints: { index: entry ?? 'lambda/index.ts' },
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    chunkNames: 'parts/[name]-[hash]',
    format: 'esm',
    platform: 'node',
    target: 'node24',
    minify: !debuggable,
    sourcemap: debuggable,
    banner: { js: requireForModules },
    logLevel: 'warning',
    plugins: config === undefined ? [] : [withConfig(config)],
  });
  return built.metafile;
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
