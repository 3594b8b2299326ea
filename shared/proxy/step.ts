/** Sends the request to an origin and makes the client's reply of what comes back. */
import type { Ctx } from '../pipeline.ts';
import { type AcceptParts, createAccept } from './accept.ts';
import { forward } from './forward.ts';
import { createPrepare, type PrepareParts } from './prepare.ts';

export function proxyStep(parts: PrepareParts & AcceptParts): (c: Ctx) => Promise<Response> {
  const prepare = createPrepare(parts);
  const accept = createAccept(parts);
  return async ({ env }) => {
    const prepared = prepare(env);
    const job = prepared instanceof Promise ? await prepared : prepared;
    return accept(env, await forward(job, parts.platform));
  };
}
