/** Ending sessions as a fact of its own: one session, everything of a subject. */
import { emptyReply, type Handler } from '../endpoint.ts';
import { badRequest, readJson, requireScope } from './request.ts';
import { endEverywhere, recordsOf } from './sessions.ts';

export const revoke: Handler = async (c, parts) => {
  await requireScope(c, parts, 'sessions:end');
  const { id, subject, ...rest } = (await readJson(c)).value;
  const { now } = c.var.client;
  if (Object.keys(rest).length > 0) throw badRequest('name either id or subject');
  if (typeof id === 'string' && subject === undefined) {
    recordsOf(parts);
    await parts.strategy.end(id, 'service', now);
  } else if (typeof subject === 'string' && id === undefined) await endEverywhere(parts, subject, now);
  else throw badRequest('name either id or subject');
  return emptyReply(204);
};
