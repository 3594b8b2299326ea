#!/usr/bin/env bash
# Node 20's fetch (undici 7.30.2 too): a conditional GET to an Express 5.1.0 origin is never answered with 304.
#
# A caller who holds a copy sends If-None-Match with its ETag and hopes for a 304 (RFC 9110 13.1.2). Node's fetch follows
# the Fetch standard to the letter: a caller's own If-None-Match turns the cache mode into "no-store", and that mode
# appends `Cache-Control: no-cache` and `Pragma: no-cache` to the request. Node has no HTTP cache that this could be for.
# Express (its module `fresh`) takes `Cache-Control: no-cache` as a browser's reload and does not compare at all.
#
# Why it surprises: each side can point to a text, and together a conditional request can never succeed. The same
# request by curl, `node:http` or undici's own `request` gets its 304. No option of fetch turns it off: `cache: 'default'`
# is what is changed. The only way out is a Cache-Control of one's own, for example `max-age=0`.
# What it costs: revalidating proxies and pollers that are built on fetch fetch the whole body every time.
#
# Output seen on 2026-12-01:
#   Node's fetch          heard "no-cache", status 200, 15 bytes
#   undici's fetch        heard "no-cache", status 200, 15 bytes
#   fetch with max-age=0  heard "max-age=0", status 304, 0 bytes
#   undici's request      heard nothing, status 304, 0 bytes
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private":true}' > package.json
npm i --no-audit --no-fund --silent express@5.1.0 undici@7.30.2

cat > probe.mjs <<'END'
import { once } from 'node:events';
import express from 'express';
import { fetch as undiciFetch, request } from 'undici';

let heard;
const app = express().get('/', (asked, reply) => { heard = asked.headers['cache-control']; reply.send('the whole body!'); });
const server = app.listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${server.address().port}/`;
const etag = (await fetch(url)).headers.get('etag');
const headers = { 'if-none-match': etag };

const by = async (fetcher, more) => {
  const reply = await fetcher(url, { headers: { ...headers, ...more } });
  return [reply.status, (await reply.arrayBuffer()).byteLength, heard];
};
const byRequest = async () => {
  const reply = await request(url, { headers });
  return [reply.statusCode, (await reply.body.arrayBuffer()).byteLength, heard];
};
const seen = {
  "Node's fetch        ": await by(fetch),
  "undici's fetch      ": await by(undiciFetch),
  'fetch with max-age=0': await by(fetch, { 'cache-control': 'max-age=0' }),
  "undici's request    ": await byRequest(),
};
server.close();
server.closeAllConnections();
console.log('expected (RFC 9110 13.1.2): the ETag matches, so 304 and no body, each time');
for (const [who, [status, bytes, cacheControl]] of Object.entries(seen)) {
  console.log(`${who} Cache-Control heard: ${cacheControl ?? 'none'}; status ${status}, ${bytes} bytes`);
}
const known = [[200, 15, 'no-cache'], [200, 15, 'no-cache'], [304, 0, 'max-age=0'], [304, 0, undefined]];
if (JSON.stringify(Object.values(seen)) !== JSON.stringify(known)) {
  console.error('The behaviour has changed: fetch no longer adds no-cache to a conditional GET, or Express answers otherwise.');
  process.exit(1);
}
END
node probe.mjs
