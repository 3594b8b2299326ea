/** The template of the gateway's own HTML pages: no external asset, strict CSP, never framed, never stored. */
import { base64url, randomBytes } from '../crypto/bytes.ts';

export interface Page {
  readonly status: number;
  readonly title: string;
  /** HTML. Every text from outside in it has been through `escapeHtml`. */
  readonly body: string;
  /** Runs under a nonce. */
  readonly script?: string;
  /** Room for tables. */
  readonly isWide?: boolean;
  /** Origins that a form of this page may be redirected to: `form-action` covers redirects too. */
  readonly formTargets?: readonly string[];
}

export function pageReply({ status, title, body, script, isWide = false, formTargets = [] }: Page): Response {
  const nonce = base64url(randomBytes(16));
  const html = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex"><title>${escapeHtml(title)}</title><style nonce="${nonce}">${style}${isWide ? wideStyle : ''}</style></head>
<body><main${isWide ? ' class="wide"' : ''}><h1>${escapeHtml(title)}</h1>
${body}
</main>${script ? `<script nonce="${nonce}">${script}</script>` : ''}</body></html>
`;
  return new Response(html, {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': `default-src 'none'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'; form-action ${["'self'", ...formTargets].join(' ')}; base-uri 'none'; frame-ancestors 'none'`,
      // No path of ours in a Referer, a hand-off's code least of all. Not `no-referrer`: a form would then come with
      // `Origin: null` (Fetch, section 3.2), and from browsers without Fetch Metadata look like another site's.
      'referrer-policy': 'strict-origin',
      'x-content-type-options': 'nosniff',
    },
  });
}

export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

const style = `
:root{color-scheme:light dark;--ink:#14202b;--soft:#5b6b79;--ground:#f4f7f9;--card:#fff;--line:#dde5eb;--accent:#0b6e99}
@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9aa9b6;--ground:#0d141b;--card:#151f29;--line:#263442;--accent:#4cb3dd}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1.5rem;background:var(--ground);color:var(--ink);font:16px/1.55 system-ui,sans-serif}
main{width:100%;max-width:34rem;background:var(--card);border:1px solid var(--line);border-radius:14px;padding:2rem;overflow-wrap:anywhere}
h1{margin:0 0 .75rem;font-size:1.4rem;line-height:1.25}h2{margin:1.75rem 0 .5rem;font-size:1.05rem}ul{margin:0;padding-left:1.2rem}
p{margin:.5rem 0}small,.soft{color:var(--soft)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.35rem 1rem;margin:1rem 0}dt{color:var(--soft)}dd{margin:0}
code{font:.875em ui-monospace,monospace}
form{margin:1.25rem 0 0}button+a{margin-left:1rem}a{color:var(--accent)}
button{font:inherit;font-weight:600;padding:.6rem 1.1rem;border:0;border-radius:9px;background:var(--accent);color:var(--card);cursor:pointer}
button:focus-visible,a:focus-visible{outline:3px solid var(--accent);outline-offset:2px}`;

const wideStyle = `
body{grid-template-columns:minmax(0,1fr)}main.wide{max-width:76rem}h2{margin:1.75rem 0 .5rem;font-size:1.05rem}
table{width:100%;border-collapse:collapse;font-variant-numeric:tabular-nums}th{font-weight:500;color:var(--soft)}
th,td{padding:.4rem .6rem;border-bottom:1px solid var(--line);text-align:right}
th:first-child,td:first-child,.origins :is(th,td):is(:nth-child(2),:nth-child(3)){text-align:left}
@media (max-width:56rem){thead{display:none}tbody,tr,td{display:block}tr{padding:.6rem 0;border-bottom:1px solid var(--line)}
td,td:first-child,.origins td:is(:nth-child(2),:nth-child(3)){display:flex;justify-content:space-between;gap:1rem;padding:.15rem 0;border:0;text-align:right}td::before{flex:none;content:attr(data-name);color:var(--soft)}td:empty{display:none!important}main.wide{padding:1.25rem}}
.active,.draining,.off{padding:.1rem .55rem;border-radius:99px;font-size:.85em;color:#fff;background:#1a7f4b}.draining{background:#9a6700}.off{background:#b42318}
.columns{display:grid;grid-template-columns:repeat(auto-fit,minmax(14rem,1fr));gap:0 2.5rem}
.columns dl{grid-template-columns:1fr;gap:0;margin:0}.columns dt{color:var(--ink)}.columns dd{display:flex;align-items:center;gap:.75rem;margin-bottom:.5rem;color:var(--soft);font-variant-numeric:tabular-nums}
meter{flex:1;order:-1;height:.55rem}`;
