/** Ending sessions as a fact of its own: one session, everything of a subject. */
import { Failure } from '../../errors.ts';
import { emptyReply, type Handler } from '../endpoint.ts';
import { badRequest, readJson, requireScope } from './request.ts';
import { endEverywhere, endFamily } from './sessions.ts';

export const revoke: Handler = async (c, parts) => {
  await requireScope(c, parts, 'sessions:end');
  const { id, subject, everyone, ...rest } = (await readJson(c)).value;
  const { now } = c.var.client;
  if (everyone !== undefined) {
    const detail = 'everyone cannot be ended at once yet: end subjects, or take the old session key away';
    throw new Failure('not_supported', 'revocation of everyone', { members: { detail } });
  }
  if (Object.keys(rest).length > 0) throw badRequest('name either id or subject');
  if (typeof id === 'string' && subject === undefined) await endFamily(parts, id, now);
  else if (typeof subject === 'string' && id === undefined) await endEverywhere(parts, subject, now);
  else throw badRequest('name either id or subject');
  return emptyReply(204);
};
