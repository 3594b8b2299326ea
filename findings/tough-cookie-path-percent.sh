#!/usr/bin/env bash
# tough-cookie 6.1.0: a cookie whose Path holds a percent sign is stored and never sent.
#
# RFC 6265 5.1.4: the path of the request's URL, as it stands, matches a cookie's path when they are identical or the
# latter is a prefix ending at a "/". Nothing is decoded on either side, and browsers and curl decode nothing.
# tough-cookie decodes the URL's path (decodeURI) before it compares, but not the Path attribute. So `/caf%C3%A9/menu`
# becomes `/café/menu` and does not match `Path=/caf%C3%A9`, the very text of the URL, and no other spelling that may
# stand in a header does either.
#
# Why it surprises: setCookie resolves with the cookie, the jar lists it, only getCookieString is empty. A tenant or a
# folder named in plain letters works.
# What it costs: tests and crawlers on Node (jsdom, got, fetch-cookie and axios-cookiejar-support use this jar) lose
# their session below such a path, and the server looks broken.
#
# Output seen on 2026-12-01:
#   Path=/tenants/acme          -> sid=1
#   Path=/tenants/acme%20ltd    -> (nothing)
#   Path=/tenants/%7Eacme       -> (nothing)
#   Path=/caf%C3%A9             -> (nothing)
#   no Path, set below /caf%C3%A9/ -> sid=1
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private":true}' > package.json
npm i --no-audit --no-fund --silent tough-cookie@6.1.0

cat > probe.mjs <<'END'
import { CookieJar } from 'tough-cookie';

async function sent(path, attribute = `; Path=${path}`) {
  const url = `https://shop.example${path}/menu`;
  const jar = new CookieJar();
  const stored = await jar.setCookie(`sid=1${attribute}`, url, { ignoreError: false });
  const header = await jar.getCookieString(url);
  console.log(`${url}  Set-Cookie: ${stored}  ->  Cookie: ${header || '(nothing)'}`);
  return header;
}
console.log('expected (RFC 6265 5.1.4): Path is a prefix of the URL each time, so sid=1 is sent each time');
const seen = [
  await sent('/tenants/acme'),
  await sent('/tenants/acme%20ltd'),
  await sent('/tenants/%7Eacme'),
  await sent('/caf%C3%A9'),
  await sent('/caf%C3%A9', ''),
];
if (JSON.stringify(seen) !== JSON.stringify(['sid=1', '', '', '', 'sid=1'])) {
  console.error('The behaviour has changed: a Path with a percent sign now matches the URL that it was taken from.');
  process.exit(1);
}
END
node probe.mjs
