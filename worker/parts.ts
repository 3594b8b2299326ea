/**
 * How the Worker loads its parts. wrangler puts everything that a Worker imports into one file, also what it imports
 * dynamically, so `tools/worker-parts.ts` builds each part as a module, and wrangler uploads them beside that file.
 * A name that is only known at run time keeps wrangler from looking for the module itself.
 *
 * A Worker that is bundled by another program (a test, a benchmark) has its parts in the one file.
 */
import { importedParts, type Parts } from '../shared/parts.ts';

/** Defined in wrangler.toml. */
declare const SEPARATE_PARTS: boolean | undefined;

const load = (name: keyof Parts) => import(`./parts/${name}.mjs`);

const separateParts: Parts = {
  jwsProof: () => load('jwsProof'),
};

export const parts: Parts = typeof SEPARATE_PARTS === 'undefined' ? importedParts : separateParts;
