#!/usr/bin/env bash
# iron-session 8.0.4: a session of one minute or less is deleted in the same reply that creates it.
#
# The documentation: `ttl` is the number of seconds that a session is valid, 0 for no end, and the cookie's Max-Age
# is derived from it, a minute less for clocks that differ. There is no lower bound: with `ttl: 60` the cookie gets
# `Max-Age=0`, with `ttl: 30` it gets `Max-Age=-30`. RFC 6265 5.2.2: both mean "expired", so the client drops it.
#
# Why it surprises: save() resolves, Set-Cookie is there with a sealed value that is valid, nothing is logged. It bites
# those who want a short session for a single step (a code by mail, a payment) or who shorten the ttl for a test.
# `ttl: 61` works, for one second.
# What it costs: sign-in "does nothing" with every real client, and works in tests that look at the value alone.
#
# Output seen on 2026-12-01 (Max-Age, and what a cookie jar sends back at once):
#   ttl 3600: Max-Age=3540, session kept     ttl 61: Max-Age=1, session kept
#   ttl 60:   Max-Age=0,    session lost     ttl 30: Max-Age=-30, session lost
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private":true}' > package.json
npm i --no-audit --no-fund --silent iron-session@8.0.4 tough-cookie@6.1.0

cat > probe.mjs <<'END'
import { getIronSession } from 'iron-session';
import { CookieJar } from 'tough-cookie';

const url = 'https://shop.example/';
async function visit(ttl) {
  const options = { password: 'a password of more than 32 characters', cookieName: 'session', ttl };
  const first = new Response();
  const session = await getIronSession(new Request(url), first, options);
  session.user = 'ann';
  await session.save();
  const [setCookie] = first.headers.getSetCookie();
  const jar = new CookieJar();
  await jar.setCookie(setCookie, url);
  const cookie = await jar.getCookieString(url);
  const next = await getIronSession(new Request(url, { headers: { cookie } }), new Response(), options);
  const seen = `${setCookie.match(/Max-Age=-?\d+/)[0]}, session ${next.user === 'ann' ? 'kept' : 'lost'}`;
  console.log(`ttl ${ttl}: ${seen}`);
  return seen;
}
console.log('expected (documentation of ttl): each session lives for its ttl, so it is kept at once after it was made');
const seen = [await visit(3600), await visit(61), await visit(60), await visit(30)];
const known = ['Max-Age=3540, session kept', 'Max-Age=1, session kept', 'Max-Age=0, session lost', 'Max-Age=-30, session lost'];
if (JSON.stringify(seen) !== JSON.stringify(known)) {
  console.error('The behaviour has changed: a ttl of a minute or less no longer deletes the session at once.');
  process.exit(1);
}
END
node probe.mjs
