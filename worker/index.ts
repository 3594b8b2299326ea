/**
 * The Worker's entry: the configuration, and the gateway. The runtime finds the classes of the Durable Objects among the
 * entry's exports, by the names in wrangler.toml.
 */
import definition from '../gateway.config.ts';

/**
 * Defined in wrangler.toml. wrangler puts everything that a Worker imports into one file, also what it imports
 * dynamically. So `tools/worker-parts.ts` builds the gateway with esbuild, which keeps code that is loaded on first use in
 * modules of its own, and wrangler uploads those modules. In a Worker that is bundled by another program, such as a test
 * or a benchmark, the gateway is in the one file.
 */
declare const SEPARATE_MODULES: boolean | undefined;

/** Known at run time only, so that wrangler leaves the import as it is. */
const built = (name: string): string => `./parts/${name}.mjs`;

const { ControlObject, createWorker, SessionObject }: typeof import('./worker.ts') =
  typeof SEPARATE_MODULES === 'undefined' ? await import('./worker.ts') : await import(built('worker'));

export { ControlObject, SessionObject };

export default createWorker(definition);
