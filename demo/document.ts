/** The layout of every page: head, header with the user's name, footer. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type Html, html } from './html.ts';
import type { Visitor } from './visitor.ts';

export const styleSheet = readFileSync(new URL('./demo.css', import.meta.url), 'utf8');

// The name changes with the content, so that browsers and the edge may cache it without limit.
const styleName = createHash('sha256').update(styleSheet).digest('hex').slice(0, 12);
export const stylePath = `/assets/demo-${styleName}.css`;

export function document(page: { title: string; visitor: Visitor; main: Html }): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${page.title} · Berth demo</title>
<link rel="icon" href="/assets/berth.svg" type="image/svg+xml">
<link rel="stylesheet" href="${stylePath}">
</head>
<body>
<header><div class="wide">
  <a class="brand" href="/">${mark}<span>Berth <span class="soft">demo</span></span></a>
  ${who(page.visitor)}
</div></header>
<main class="wide">${page.main}</main>
<footer><div class="wide">
  <p>Three ordinary little apps behind one gateway. They only display the assertion that Berth sends them; a real app verifies it with <a href="/.session/jwks.json">the gateway’s public keys</a>.</p>
</div></footer>
</body>
</html>
`;
}

const mark = html`<svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true" focusable="false"><path class="sail" d="M17 4v15H6Q14 14 17 4z"/><path class="hull" d="M3 21h26q-2 7-7 7H10q-5 0-7-7z"/></svg>`;

export const icon =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path fill="#e8743b" d="M17 4v15H6Q14 14 17 4z"/><path fill="#1c7293" d="M3 21h26q-2 7-7 7H10q-5 0-7-7z"/></svg>';

function who({ subject, claims }: Visitor): Html {
  if (subject === null) {
    return html`<nav aria-label="Account"><span class="soft">Not signed in</span> <a class="button" href="/login">Sign in</a></nav>`;
  }
  const name = typeof claims.name === 'string' ? claims.name : subject;
  return html`<nav aria-label="Account"><a href="/account">${name}</a>
    <form method="post" action="/.session/logout"><input type="hidden" name="return_to" value="/"><button>Sign out</button></form></nav>`;
}
