#!/usr/bin/env bash
# http-cache-semantics 4.3.0 (here under cacheable-request 13.0.19): `Max-Age=60` is not `max-age=60`.
#
# RFC 9111 5.2: cache directives are compared case-insensitively. The package compares `Cache-Control` letter by letter,
# so `Max-Age=60`, as some Java and .NET servers and CDN rules write it, is an unknown directive and the reply is stale
# at once. Header names are folded by everything around it, which makes the one place that is not hard to see.
#
# Why it surprises: a cache that "does not work" for one origin, while browsers and CDNs cache the very same replies.
# got's cache, make-fetch-happen and miniflare's Cache API (`caches.default.put`, then a miss) decide with this package;
# a Worker's cache therefore misses in development what it keeps in production.
# What it costs: every request goes to the origin, and nothing says why.
#
# Output seen on 2026-12-01:
#   max-age=60   time to live 60 s, requests that reached the origin: 1 of 3
#   Max-Age=60   time to live 0 s,  requests that reached the origin: 3 of 3
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private":true}' > package.json
npm i --no-audit --no-fund --silent http-cache-semantics@4.3.0 cacheable-request@13.0.19

cat > probe.mjs <<'END'
import { once } from 'node:events';
import http, { createServer } from 'node:http';
import CacheableRequest from 'cacheable-request';
import CachePolicy from 'http-cache-semantics';

let reached = 0;
const origin = createServer((request, reply) => {
  reached += 1;
  reply.setHeader('cache-control', decodeURIComponent(request.url.slice(1)));
  reply.end('page');
});
await once(origin.listen(0, '127.0.0.1'), 'listening');
const cached = new CacheableRequest(http.request).request();

const get = (path) => new Promise((resolve, reject) => {
  const asked = cached({ host: '127.0.0.1', port: origin.address().port, path, method: 'GET' }, (reply) => {
    reply.resume().once('end', () => setTimeout(resolve, 100));
  });
  asked.on('request', (request) => request.end()).once('error', reject);
});
async function measure(cacheControl) {
  const policy = new CachePolicy({ method: 'GET', url: '/', headers: {} }, { status: 200, headers: { 'cache-control': cacheControl } });
  const seconds = Math.round(policy.timeToLive() / 1000);
  reached = 0;
  for (let i = 0; i < 3; i += 1) await get(`/${encodeURIComponent(cacheControl)}`);
  console.log(`${cacheControl}   time to live ${seconds} s, requests that reached the origin: ${reached} of 3`);
  return [seconds, reached];
}
console.log('expected (RFC 9111 5.2): the same for both');
const seen = [await measure('max-age=60'), await measure('Max-Age=60')];
if (JSON.stringify(seen) !== JSON.stringify([[60, 1], [0, 3]])) {
  console.error('The behaviour has changed: the letter case of a directive no longer decides (or the lower case one is not cached).');
  process.exit(1);
}
process.exit(0);
END
node probe.mjs
