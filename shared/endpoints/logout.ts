/** Sign-out. The reply is the same with and without a session. */
import { wantsPage } from '../http/navigation.ts';
import { escapeHtml, pageReply } from '../http/page.ts';
import { safeReturnTo } from '../http/return-to.ts';
import { emptyReply, type Handler, readForm, redirectReply } from './endpoint.ts';

export const logout: Handler = async (c, { settings }) => {
  const { client, session } = c.env;
  const wish = (await readForm(c)).get('return_to') ?? c.req.query('return_to') ?? null;
  await session.end('current');
  if (!wantsPage(c.env.fields)) return emptyReply(204);
  return redirectReply(safeReturnTo(wish, settings.publicOrigins, client.publicOrigin));
};

/** GET shows a button and does not sign out, because another site could link to it. */
export const logoutForm: Handler = (c, { settings }) => {
  const { publicOrigin } = c.env.client;
  const back = safeReturnTo(c.req.query('return_to') ?? null, settings.publicOrigins, publicOrigin);
  return pageReply({
    status: 200,
    title: 'Sign out?',
    body: `<p>You will be signed out of this site in this browser.</p>
<form method="post" action="${settings.prefix}/logout"><input type="hidden" name="return_to" value="${escapeHtml(back)}"><button>Sign out</button><a href="${escapeHtml(back)}">Stay</a></form>`,
    formTargets: settings.publicOrigins.map(({ origin }) => origin),
  });
};
