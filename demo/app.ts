/**
 * The app at each origin: carts, a login form, a page. Two things are specific to Berth: the response header after a
 * successful login, and the part of the page that shows what Berth says about the request.
 */
import { accountPage, loginPage, messagePage } from './account-pages.ts';
import { type Answer, json, page, seeOther, withHeaders } from './answer.ts';
import type { Ask } from './ask.ts';
import { asset } from './assets.ts';
import { createCarts, isGood } from './cart.ts';
import { type BerthId, type Harbour, isBerthId } from './harbour.ts';
import { homePage } from './page.ts';
import { checkPassword, issueHeaders, safeReturnTo } from './sign-in.ts';

export function createApp(id: BerthId, token: string, harbour: Harbour): (ask: Ask) => Promise<Answer> {
  const carts = createCarts(id);

  const whoami = ({ visitor, cartId }: Ask) =>
    json(200, {
      origin: id,
      visitor: visitor.subject === null ? null : { subject: visitor.subject, claims: visitor.claims },
      cart: carts.lines(cartId),
      session_status: visitor.status,
      affinity: visitor.affinity,
    });

  const home = (ask: Ask) =>
    ask.wantsJson
      ? whoami(ask)
      : page(
          200,
          homePage({
            here: id,
            berths: harbour.list(),
            visitor: ask.visitor,
            cartId: ask.cartId,
            cart: carts.lines(ask.cartId),
          }),
        );

  const addToCart = (ask: Ask) => {
    const item = ask.form.get('item') ?? 'rope';
    if (!isGood(item)) return page(400, messagePage('No such thing', 'This shop does not sell that.', ask.visitor));
    const cartId = carts.add(ask.cartId, item);
    const reply = ask.wantsJson ? whoami({ ...ask, cartId }) : seeOther('/');
    return cartId === ask.cartId
      ? reply
      : withHeaders(reply, { 'Set-Cookie': `cart_id=${cartId}; Path=/; HttpOnly; SameSite=Lax` });
  };

  const loginForm = ({ url, visitor }: Ask) =>
    page(
      200,
      loginPage({ here: id, visitor, returnTo: url.searchParams.get('return_to') ?? '/', username: '', failed: false }),
    );

  const login = ({ form, url, visitor }: Ask) => {
    const username = form.get('username') ?? '';
    const returnTo = form.get('return_to') ?? url.searchParams.get('return_to') ?? '/';
    const user = checkPassword(username, form.get('password') ?? '');
    if (!user) return page(422, loginPage({ here: id, visitor, returnTo, username, failed: true }));
    return withHeaders(seeOther(safeReturnTo(returnTo, visitor.publicOrigin)), issueHeaders(username, user, token));
  };

  const kill = ({ visitor }: Ask) => {
    const killed = harbour.kill(id);
    if (!killed)
      return page(
        409,
        messagePage('The last one standing', 'Bring another origin back before you kill this one.', visitor),
      );
    return { ...withHeaders(seeOther('/'), { Connection: 'close' }), afterwards: killed.finish };
  };

  const revive = async ({ form, url, visitor }: Ask) => {
    const wanted = form.get('origin') ?? url.searchParams.get('origin') ?? '';
    if (!isBerthId(wanted)) return page(400, messagePage('No such origin', 'There are eu, us and ap.', visitor));
    const back = await harbour.revive(wanted);
    if (!back) return page(503, messagePage('Still down', 'Another program has taken its port meanwhile.', visitor));
    return seeOther('/');
  };

  const routes: Readonly<Record<string, (ask: Ask) => Answer | Promise<Answer>>> = {
    'GET /': home,
    'GET /whoami': whoami,
    'POST /cart': addToCart,
    'GET /login': loginForm,
    'POST /login': login,
    'GET /account': ({ visitor }) => page(200, accountPage(id, visitor)),
    'GET /healthz': () => ({
      status: 200,
      headers: { 'Content-Type': 'text/plain', 'Cache-Control': 'no-store' },
      body: 'ok\n',
    }),
    'GET /demo/origins': () => json(200, harbour.list()),
    'POST /demo/kill': kill,
    'POST /demo/revive': revive,
  };

  return async (ask) => {
    // HEAD is GET without the body (RFC 9110, section 9.3.2); the server leaves the body out.
    const method = ask.method === 'HEAD' ? 'GET' : ask.method;
    const route = routes[`${method} ${ask.url.pathname}`];
    if (route) return route(ask);
    const file = method === 'GET' ? asset(ask.url.pathname) : null;
    return file ?? page(404, messagePage('Nothing here', 'There is no such page.', ask.visitor));
  };
}
