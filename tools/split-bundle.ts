/**
 * Bundles many gateways in one process. All but the configuration is bundled once, and each configuration becomes a small
 * module of its own beside it. Tests start more than a hundred gateways, and bundling the AWS SDK takes a second.
 */
import { statSync } from 'node:fs';
import { isAbsolute, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Plugin } from 'esbuild';

export interface BundledFile {
  /** Relative to the bundle's folder. */
  readonly path: string;
  readonly contents: Uint8Array;
}

interface Core {
  readonly files: readonly BundledFile[];
  /** What went in, with the time of its last change. */
  readonly inputs: ReadonlyMap<string, number>;
}

const root = fileURLToPath(new URL('..', import.meta.url));
/** No folder comes of it: nothing is written. */
const outdir = join(root, 'bundle');
const configModule = 'gateway.config.mjs';

/**
 * `options`: how esbuild bundles the gateway, without a place for the output. The function that comes back takes an absolute
 * path or the text of what is used in place of gateway.config.ts. Imports in a text are resolved from the project's root.
 */
export function createSplitBundler(options: BuildOptions): (config: string) => Promise<readonly BundledFile[]> {
  const common = { ...options, absWorkingDir: root, bundle: true, write: false, metafile: true, outdir } as const;
  let core: Promise<Core> | null = null;

  const buildCore = async (): Promise<Core> => {
    const { outputFiles, metafile } = await build({
      ...common,
      // Without folders, so that the configuration is beside every file that may import it.
      ...(options.splitting ? { chunkNames: '[name]-[hash]' } : {}),
      plugins: [configBeside],
    });
    const files = outputFiles.map(({ path, contents }) => ({ path: relative(outdir, path), contents }));
    const inputs = Object.keys(metafile.inputs).map((path) => join(root, path));
    return { files, inputs: new Map(inputs.map((path) => [path, changedAt(path)])) };
  };

  return async (config) => {
    core ??= buildCore();
    if (await core.then(isStale, () => true)) core = buildCore();
    const { files } = await core;
    const { outputFiles } = await build({
      ...common,
      splitting: false,
      ...(isAbsolute(config)
        ? { entryPoints: [config] }
        : { entryPoints: {}, stdin: { contents: config, loader: 'ts', resolveDir: root } }),
    });
    const contents = outputFiles[0]?.contents ?? new Uint8Array();
    return [...files, { path: configModule, contents }];
  };
}

const configBeside: Plugin = {
  name: 'config-beside',
  setup(setup) {
    setup.onResolve({ filter: /\/gateway\.config\.ts$/ }, () => ({ path: `./${configModule}`, external: true }));
  },
};

const isStale = ({ inputs }: Core): boolean => [...inputs].some(([path, at]) => changedAt(path) !== at);

/** A file that is gone has changed. */
const changedAt = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? -1;
