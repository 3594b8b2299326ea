/** For services that receive the session cookie themselves: whether it is valid, and its session. Similar to RFC 7662. */

import { Failure } from '../../errors.ts';
import { unquoted } from '../../http/cookies/cookie-header.ts';
import { noFingerprint } from '../../session/request/fingerprint.ts';
import { type Handler, jsonReply } from '../endpoint.ts';
import { describe } from '../me.ts';
import { badRequest, readJson, requireScope } from './request.ts';

export const introspect: Handler = async (c, parts) => {
  await requireScope(c, parts, 'sessions:read');
  const { cookie } = (await readJson(c)).value;
  if (typeof cookie !== 'string') throw badRequest('cookie must be the value of the session cookie');
  const recognised = await parts.strategy.authenticate(unquoted(cookie), {
    now: c.env.client.now,
    freshnessMs: parts.settings.session.freshnessMs,
    touch: false,
    safeMethod: true,
    client: () => noFingerprint,
    passive: true,
  });
  if (recognised.kind === 'unavailable') throw new Failure('store_unavailable', recognised.because);
  return jsonReply(recognised.kind === 'active' ? describe(recognised.session) : { active: false });
};
