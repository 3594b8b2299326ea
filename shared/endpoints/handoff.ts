/**
 * Hand-off: delivers a session that a service began to a browser. The code in the URL is sealed, and valid for 60 seconds and
 * one use. Opening the link does not use it, because mail scanners open links: the page shows the subject and a button.
 */

import { base64url, randomBytes } from '../crypto/bytes.ts';
import { sameSecret, sha256Base64url } from '../crypto/digest.ts';
import type { Sealer } from '../crypto/seal.ts';
import { Failure } from '../errors.ts';
import { cookieValues } from '../http/cookies/cookie-header.ts';
import { handoffNonce } from '../http/cookies/own-cookies.ts';
import { clearCookie, writeCookie } from '../http/cookies/set-cookie.ts';
import { escapeHtml, pageReply } from '../http/page.ts';
import { safeReturnTo } from '../http/return-to.ts';
import type { Ctx } from '../pipeline.ts';
import { isAhead } from '../time/skew.ts';
import { type EndpointParts, type Handler, jsonReply, readForm, redirectReply } from './endpoint.ts';

export interface Handoff {
  /** The value of the session cookie. */
  readonly value: string;
  readonly subject: string;
  readonly returnTo: string | null;
  /** SHA-256 (base64url) of the nonce that `handoff/start` gave the browser, or `null`. */
  readonly bind: string | null;
  readonly expiresAt: number;
}

const lifetimeMs = 60_000;
const boundTo = 'handoff';
const maxCodeLength = 8_000;
const nonceAttributes = { sameSite: 'Lax' } as const;
const nonceSeconds = 600;

export const sealHandoff = (sealer: Sealer, handoff: Omit<Handoff, 'expiresAt'>, now: number): Promise<string> =>
  sealer.seal(JSON.stringify({ ...handoff, expiresAt: now + lifetimeMs } satisfies Handoff), boundTo);

/** Sets a nonce cookie and returns the nonce's digest. A session that is bound to it needs no click. */
export const handoffStart: Handler = async (c, { settings }) => {
  const nonce = base64url(randomBytes(32));
  const bind = await sha256Base64url(nonce);
  const wish = c.req.query('return_to');
  let reply: Response;
  if (wish === undefined) reply = jsonReply({ bind });
  else {
    const url = new URL(safeReturnTo(wish, settings.publicOrigins, c.env.client.publicOrigin));
    url.searchParams.set('bind', bind);
    reply = redirectReply(url.href);
  }
  reply.headers.append(
    'set-cookie',
    writeCookie(handoffNonce, nonce, { ...nonceAttributes, maxAgeSeconds: nonceSeconds }),
  );
  reply.headers.set('cache-control', 'private, no-store');
  return reply;
};

export const handoffPage: Handler = async (c, parts) => {
  const code = c.req.query('code') ?? null;
  const handoff = await open(code, c, parts);
  if ((await parts.onceKeys.readOnce(placeOf(code), c.env.client.now)) !== null) {
    throw new Failure('gone', 'hand-off code used before');
  }
  const goesOn = handoff.bind !== null && (await nonceMatches(c, handoff.bind));
  return pageReply({
    status: 200,
    title: 'Continue signing in',
    body: `<p>You are about to be signed in as <strong>${escapeHtml(handoff.subject)}</strong> in this browser.</p>
<p class="soft">If you did not expect this, close this page.</p>
<form id="go" method="post" action="${parts.settings.prefix}/handoff"><input type="hidden" name="code" value="${escapeHtml(code as string)}"><button>Continue</button></form>`,
    ...(goesOn && { script: "document.getElementById('go').submit()" }),
    formTargets: parts.settings.publicOrigins.map(({ origin }) => origin),
  });
};

export const handoff: Handler = async (c, parts) => {
  const { client, session } = c.env;
  const code = (await readForm(c)).get('code') ?? c.req.query('code') ?? null;
  const opened = await open(code, c, parts);
  const used = await parts.onceKeys.claimOnce(placeOf(code), 'used', opened.expiresAt, client.now);
  if (used !== null) throw new Failure('gone', 'hand-off code used before');
  const recognition = await session.adopt(opened.value);
  if (recognition.kind !== 'active') throw new Failure('gone', 'the session of this hand-off has ended');
  const reply = redirectReply(safeReturnTo(opened.returnTo, parts.settings.publicOrigins, client.publicOrigin));
  if (opened.bind !== null) reply.headers.append('set-cookie', clearCookie(handoffNonce, nonceAttributes));
  return reply;
};

const placeOf = (code: string | null): string => `handoff|${code}`;

async function open(code: string | null, c: Ctx, { sealer }: EndpointParts): Promise<Handoff> {
  if (code === null || code === '') throw new Failure('bad_request', 'hand-off without a code');
  const opened = code.length <= maxCodeLength ? await sealer.open(code, boundTo) : null;
  if (!opened) throw new Failure('gone', 'hand-off code is not one of ours');
  const handoff = JSON.parse(opened.text) as Handoff;
  const { now } = c.env.client;
  if (now >= handoff.expiresAt || isAhead(handoff.expiresAt - lifetimeMs, now))
    throw new Failure('gone', 'hand-off code has run out');
  return handoff;
}

async function nonceMatches(c: Ctx, bind: string): Promise<boolean> {
  for (const nonce of cookieValues(c.req.raw.headers.get('cookie'), handoffNonce)) {
    if (await sameSecret(await sha256Base64url(nonce), bind)) return true;
  }
  return false;
}
