/** The login form, the account page, which requires a session, and a page for messages. */
import { document } from './document.ts';
import { type BerthId, cities } from './harbour.ts';
import { type Html, html } from './html.ts';
import { moment } from './page.ts';
import { demoPassword, users } from './sign-in.ts';
import type { Visitor } from './visitor.ts';

export function loginPage(view: {
  here: BerthId;
  visitor: Visitor;
  returnTo: string;
  username: string;
  failed: boolean;
}): Html {
  const chosen = Object.hasOwn(users, view.username) ? view.username : 'ada';
  return document({
    title: 'Sign in',
    visitor: view.visitor,
    main: html`<section class="card narrow">
      <h1>Sign in</h1>
      <p class="note">This form belongs to the app in ${cities[view.here]}, not to Berth. Pick anybody; the password is filled in.</p>
      ${view.failed && html`<p class="alert" role="alert">That name and password do not go together.</p>`}
      <form method="post" action="/login" class="fields">
        <input type="hidden" name="return_to" value="${view.returnTo}">
        <label for="username">Name</label>
        <select id="username" name="username" autocomplete="username">${Object.entries(users).map(
          ([id, user]) =>
            html`<option value="${id}"${id === chosen && html` selected`}>${user.name} (${user.role})</option>`,
        )}</select>
        <label for="password">Password</label>
        <input id="password" name="password" type="password" autocomplete="current-password" value="${demoPassword}" required>
        <button class="primary">Sign in</button>
      </form>
    </section>`,
  });
}

export function accountPage(here: BerthId, visitor: Visitor): Html {
  return document({
    title: 'Your account',
    visitor,
    main: html`<section class="card narrow">
      <h1>Your account</h1>
      <p class="note">Berth lets a request through to this page only with a session. ${cities[here]} served it.</p>
      <dl>
        <dt>Subject</dt><dd>${visitor.subject ?? 'nobody'}</dd>
        ${visitor.authenticatedAt && html`<dt>Signed in</dt><dd>${moment(visitor.authenticatedAt)}</dd>`}
        ${Object.entries(visitor.claims).map(([name, value]) => html`<dt>${name}</dt><dd>${typeof value === 'string' ? value : JSON.stringify(value)}</dd>`)}
      </dl>
      <p><a href="/">Back to the harbour</a></p>
    </section>`,
  });
}

export function messagePage(title: string, sentence: string, visitor: Visitor): Html {
  return document({
    title,
    visitor,
    main: html`<section class="card narrow"><h1>${title}</h1><p>${sentence}</p><p><a href="/">Back to the harbour</a></p></section>`,
  });
}
