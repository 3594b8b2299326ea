/**
 * Parts of the gateway that most requests never need. Each is a module that is loaded on first use: a chunk of its own in
 * the function's bundle, a module of its own in the Worker's upload (`worker/parts.ts`). What they import is loaded with
 * them, so the rest of the gateway must not import a part.
 */
import type { LoadPages } from './endpoints/step.ts';
import type { LoadJwsProof } from './identity/command-proof.ts';

export interface Parts {
  /** Signed commands of origins. */
  readonly jwsProof: LoadJwsProof;
  /** Our own pages and the service API. */
  readonly pages: LoadPages;
}

export const importedParts: Parts = {
  jwsProof: () => import('./identity/jws-proof.ts'),
  pages: () => import('./endpoints/pages.ts'),
};
