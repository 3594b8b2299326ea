/** Sends the request to an origin and makes the client's reply of what comes back. */
import type { Step } from '../pipeline.ts';
import { type AcceptParts, createAccept } from './accept.ts';
import { forward } from './forward.ts';
import { createPrepare, type PrepareParts } from './prepare.ts';

export function proxyStep(parts: PrepareParts & AcceptParts): Step {
  const prepare = createPrepare(parts);
  const accept = createAccept(parts);
  return {
    async there({ env }) {
      const job = await prepare(env);
      return accept(env, await forward(job, parts.platform));
    },
  };
}
