/** Redirects to the configured login, with a validated URL to return to. */
import { Failure } from '../errors.ts';
import { loginUrl, safeReturnTo } from '../http/return-to.ts';

import { type Handler, redirectReply } from './endpoint.ts';

export const login: Handler = (c, { settings }) => {
  if (settings.login.kind === 'none') throw new Failure('not_found', 'no login is configured');
  const { publicOrigin } = c.env.client;
  const wish = c.req.query('return_to') ?? null;
  return redirectReply(
    loginUrl(settings.login, publicOrigin, safeReturnTo(wish, settings.publicOrigins, publicOrigin)),
  );
};
