#!/usr/bin/env bash
# @fastify/http-proxy 11.6.3 and hono/proxy 4.13.19 on Node: an upload by curl of more than 1 MiB is answered 500.
#
# curl announces such a body with `Expect: 100-continue` (so do .NET and several storage clients). RFC 9110 10.1.1: a
# proxy that forwards such a request forwards the expectation too, unless it knows the next server is older than
# HTTP/1.1; and 417 is for *other* expectations. Both proxies send through undici, which refuses the header outright
# ("expect header not supported"), and neither takes it out first, although Node's server has answered it already.
#
# Why it surprises: the client is told "100 Continue", sends everything, and gets 500. A body of 1,000,000 bytes works,
# and so does every client that never announces.
# What it costs: uploads through a gateway fail by size and by client, never in the tests.
#
# Output seen on 2026-12-01, status for POST of 1,000,000 and of 1,100,000 bytes by curl 7.88.1:
#   origin itself        200 200
#   @fastify/http-proxy  200 500
#   hono/proxy           200 500
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private":true}' > package.json
npm i --no-audit --no-fund --silent fastify@5.12.8 @fastify/http-proxy@11.6.3 hono@4.13.19 @hono/node-server@2.1.9

cat > probe.mjs <<'END'
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { promisify } from 'node:util';
import proxy from '@fastify/http-proxy';
import { serve } from '@hono/node-server';
import fastify from 'fastify';
import { Hono } from 'hono';
import { proxy as honoProxy } from 'hono/proxy';

const origin = createServer(async (request, reply) => {
  for await (const _ of request);
  reply.end('thanks');
});
await once(origin.listen(0, '127.0.0.1'), 'listening');
const upstream = `http://127.0.0.1:${origin.address().port}`;

const byFastify = fastify({ bodyLimit: 10_000_000 });
byFastify.register(proxy, { upstream });
await byFastify.listen({ port: 0, host: '127.0.0.1' });
const app = new Hono();
app.all('*', (c) => honoProxy(upstream + c.req.path, c.req));
app.onError((error, c) => c.text(String(error.cause?.message ?? error), 500));
const honoPort = await new Promise((resolve) => serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => resolve(port)));

writeFileSync('small', Buffer.alloc(1_000_000));
writeFileSync('large', Buffer.alloc(1_100_000));
const post = async (port, file) => {
  const shown = ['-s', '-o', 'body', '-w', '%{http_code}', '--max-time', '20', '--http1.1'];
  const { stdout } = await promisify(execFile)('curl', [...shown, '--data-binary', `@${file}`, `http://127.0.0.1:${port}/`]);
  return Number(stdout);
};
console.log('expected (RFC 9110 10.1.1): 200 for both sizes, everywhere');
const seen = {};
for (const [who, port] of [['origin itself', origin.address().port], ['@fastify/http-proxy', byFastify.server.address().port], ['hono/proxy', honoPort]]) {
  seen[who] = [await post(port, 'small'), await post(port, 'large')];
  console.log(who.padEnd(20), ...seen[who]);
}
const known = { 'origin itself': [200, 200], '@fastify/http-proxy': [200, 500], 'hono/proxy': [200, 500] };
if (JSON.stringify(seen) !== JSON.stringify(known)) console.error('The behaviour has changed: a large upload by curl is no longer answered 500.');
process.exit(JSON.stringify(seen) === JSON.stringify(known) ? 0 : 1);
END
node probe.mjs
