/**
 * Loads the parts of the Worker that few requests need. wrangler bundles dynamic imports into the main file, so
 * `tools/worker-parts.ts` builds each part as a module of its own, which wrangler uploads beside the main file. The module's
 * name is computed at run time, so that wrangler does not try to bundle it.
 *
 * A Worker that is bundled by another program, such as a test or benchmark, has its parts in the main file.
 */
import { importedParts, type Parts } from '../shared/parts.ts';

/** Defined in wrangler.toml. */
declare const SEPARATE_PARTS: boolean | undefined;

const load = (name: keyof Parts) => import(`./parts/${name}.mjs`);

const separateParts: Parts = {
  jwsProof: () => load('jwsProof'),
  pages: () => load('pages'),
};

export const parts: Parts = typeof SEPARATE_PARTS === 'undefined' ? importedParts : separateParts;
