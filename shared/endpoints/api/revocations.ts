/** Revocation: one session, all sessions of a subject, or all sessions. */
import { emptyReply, type Handler } from '../endpoint.ts';
import { badRequest, readJson, requireScope } from './request.ts';
import { endById, endEverywhere, notSupported } from './sessions.ts';

export const revoke: Handler = async (c, parts) => {
  await requireScope(c, parts, 'sessions:end');
  const { id, subject, everyone, ...rest } = (await readJson(c)).value;
  const { now } = c.env.client;
  if (Object.keys(rest).length > 0) throw badRequest('name one of id, subject and everyone');
  const named = [id, subject, everyone].filter((member) => member !== undefined).length;
  if (named !== 1) throw badRequest('name one of id, subject and everyone');
  if (everyone === true) {
    if (!parts.strategy.endEveryone) throw notSupported();
    await parts.strategy.endEveryone(now);
  } else if (typeof id === 'string') await endById(parts, id, now);
  else if (typeof subject === 'string') await endEverywhere(parts, subject, now);
  else throw badRequest('id and subject are texts, everyone is true');
  return emptyReply(204);
};
