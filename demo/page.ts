/** The home page: the client's origin and why it was chosen, the user, the cart, and what to try. */
import { type CartLine, cartHome, type Good, goods } from './cart.ts';
import { document } from './document.ts';
import { type BerthId, type BerthState, cities, isBerthId } from './harbour.ts';
import { type Html, html } from './html.ts';
import { scene } from './scene.ts';
import type { Visitor } from './visitor.ts';

export interface HomeView {
  readonly here: BerthId;
  readonly berths: readonly BerthState[];
  readonly visitor: Visitor;
  readonly cartId: string | null;
  readonly cart: readonly CartLine[];
}

export function homePage(view: HomeView): Html {
  const city = cities[view.here];
  return document({
    title: `Berthed in ${city}`,
    visitor: view.visitor,
    main: html`
      <section class="hero">
        <p class="eyebrow">Served by origin <code>${view.here}</code></p>
        <h1>You are berthed in ${city}</h1>
        <p class="lead">${because(view)}</p>
      </section>
      <section aria-label="The three origins"><ul class="berths">${view.berths.map((berth) => berthCard(berth, view))}</ul></section>
      <div class="columns">${cartCard(view)}${sessionCard(view)}</div>
      ${thingsToTry(view.visitor)}`,
  });
}

function because({ here, visitor: { affinity } }: HomeView): string {
  if (!affinity) return 'You asked this origin directly, without Berth in front: nothing keeps you here.';
  if (affinity.epoch === 1) {
    return `Berth chose ${cities[here]} when you came (the nearest origin; where it cannot tell where you are, one by a hash of your network) and has kept you here since. As long as this origin answers, you stay, whatever you do.`;
  }
  return `This is berth number ${affinity.epoch} for you. The one before could not keep you, so Berth moved you to ${cities[here]}, and here you stay from now on.`;
}

function berthCard(berth: BerthState, { here, visitor, berths }: HomeView): Html {
  const yours = berth.id === here;
  const next = visitor.affinity?.next === berth.id && berth.alive && !yours;
  const last = berths.filter((other) => other.alive).length === 1;
  const state = yours ? 'Your berth' : berth.alive ? 'Open' : 'Down: connections are refused';
  return html`<li class="berth${yours ? ' yours' : ''}${berth.alive ? '' : ' down'}">
    ${scene(berth.id, { yours, alive: berth.alive })}
    <div class="plate">
      <h2>${berth.city} <code>${berth.id}</code></h2>
      <p class="state"><span class="dot"></span>${state}${next && html` <span class="tag">next, should yours fail</span>`}</p>
      ${yours && killForm(last)}${!berth.alive && reviveForm(berth)}
    </div>
  </li>`;
}

const killForm = (last: boolean): Html =>
  last
    ? html`<p class="note">The last origin standing. Bring another one back before you sink it.</p>`
    : html`<form method="post" action="/demo/kill"><button class="danger">Kill this origin</button></form>`;

const reviveForm = (berth: BerthState): Html =>
  html`<form method="post" action="/demo/revive"><input type="hidden" name="origin" value="${berth.id}"><button>Bring ${berth.city} back</button></form>`;

function cartCard({ here, cart, cartId }: HomeView): Html {
  return html`<section class="card" aria-labelledby="cart">
    <h2 id="cart">Your cart</h2>
    <p class="note">Kept in the memory of <code>${here}</code> and nowhere else.</p>
    ${cart.length > 0 ? html`<ul class="lines">${cart.map(cartLine)}</ul>` : html`<p class="empty">${emptyCart(here, cartId)}</p>`}
    <form method="post" action="/cart" class="goods" aria-label="Add to the cart">${(Object.keys(goods) as Good[]).map(
      (item) => html`<button name="item" value="${item}"><span aria-hidden="true">+</span> ${goods[item]}</button>`,
    )}</form>
  </section>`;
}

const cartLine = ({ item, quantity }: CartLine): Html =>
  html`<li><span>${goods[item]}</span><span class="quantity"><span class="hidden">quantity </span>${quantity}</span></li>`;

function emptyCart(here: BerthId, cartId: string | null): string {
  const home = cartHome(cartId);
  if (home === here) return `Empty: ${cities[here]} was restarted, and its memory with it.`;
  if (home && isBerthId(home)) return `Empty: the cart you filled was in the memory of ${cities[home]}.`;
  return 'Empty so far. Add something, then reload as often as you like.';
}

function sessionCard({ visitor }: HomeView): Html {
  const { affinity } = visitor;
  return html`<section class="card" aria-labelledby="session">
    <h2 id="session">Your session</h2>
    <p class="note">What Berth tells this origin with every request.</p>
    <dl>
      <dt>Session</dt><dd>${visitor.status ?? 'unknown'}</dd>
      <dt>Signed in as</dt><dd>${visitor.subject ?? 'nobody'}</dd>
      ${visitor.authenticatedAt && html`<dt>Since</dt><dd>${moment(visitor.authenticatedAt)}</dd>`}
      <dt>Berth</dt><dd>${affinity ? `${affinity.origin}, number ${affinity.epoch}` : 'none'}</dd>
      ${affinity?.next && html`<dt>Next in line</dt><dd>${affinity.next}</dd>`}
    </dl>
    ${visitor.status === 'active' && html`<p class="note" id="session-times"></p><script type="module" src="/assets/session-times.js"></script>`}
    <p><a href="/account">Your account</a> <span class="note">(Berth lets nobody in without a session)</span></p>
  </section>`;
}

const thingsToTry = ({ publicOrigin }: Visitor): Html => html`<section class="try" aria-labelledby="try">
  <h2 id="try">Things to try</h2>
  <ol>
    <li><strong>Fill the cart and reload.</strong> Same berth, same cart: the origin keeps it in memory.</li>
    <li><strong>Sign in.</strong> The session begins, the berth stays, and so does the cart.</li>
    <li><strong>Kill your origin.</strong> The next request is answered elsewhere. You are still signed in; only what the dead origin had in memory is lost.</li>
    <li><strong>Bring it back.</strong> You stay where you are: nobody is moved twice.</li>
    <li><strong>Sign out.</strong> The session is over for good: even a copy of its cookies is refused.</li>
  </ol>
  <p class="note">The same from a terminal:</p>
  <pre tabindex="0"><code>curl -s -b jar -c jar -d item=rope ${publicOrigin}/cart
curl -s -b jar -c jar ${publicOrigin}/whoami
curl -s -b jar -c jar -X POST ${publicOrigin}/demo/kill
curl -s -b jar -c jar ${publicOrigin}/whoami</code></pre>
</section>`;

export const moment = (date: Date): Html =>
  html`<time datetime="${date.toISOString()}">${date.toISOString().slice(0, 16).replace('T', ' ')} UTC</time>`;
