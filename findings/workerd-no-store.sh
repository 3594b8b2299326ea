#!/usr/bin/env bash
# workerd 1.20261117.1: a Worker that keeps out of the cache makes its origin forget 304.
#
# `fetch(request, { cache: 'no-store' })` is how a Worker says "not through the edge cache". Cloudflare's documentation
# says that such a fetch neither looks into the cache nor adds to it. workerd also writes `Cache-Control: no-cache` and
# `Pragma: no-cache` into the request, where the client sent neither.
# (The Fetch standard, "HTTP-network-or-cache fetch", has the same step; it was made for a browser that reloads. Node's
# fetch goes through it too, there for each request with an If-None-Match.)
#
# Why it surprises: the Worker asked something of its own cache; the origin hears it as the client's wish. Express, for
# one, takes `Cache-Control: no-cache` as a reload (its `fresh` module) and no longer compares the validators, although
# RFC 9110 13.1.2 says that a matching If-None-Match of a GET is answered with 304, and no-cache speaks to caches.
# What it costs: every conditional request through such a Worker comes back 200 with the whole body.
#
# Output seen on 2026-12-01:
#   fetch(request)                         origin hears no Cache-Control, answers 304
#   fetch(request, { cache: 'no-store' })  origin hears "no-cache" and Pragma "no-cache", answers 200 with 15 bytes
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private":true}' > package.json
npm i --no-audit --no-fund --silent workerd@1.20261117.1 express@5.1.0

cat > worker.js <<'END'
export default {
  fetch(request, env) {
    const headers = request.headers;
    return fetch(env.ORIGIN, new URL(request.url).pathname === '/plain' ? { headers } : { headers, cache: 'no-store' });
  },
};
END
cat > probe.mjs <<'END'
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, get } from 'node:http';
import express from 'express';

const listen = async (server) => (await once(server.listen(0, '127.0.0.1'), 'listening'), server.address().port);
let heard;
const app = express().get('/', (request, reply) => { heard = request.headers; reply.send('the whole body!'); });
const origin = createServer(app);
const originPort = await listen(origin);
const spare = createServer();
const port = await listen(spare);
await new Promise((resolve) => spare.close(resolve));

writeFileSync('config.capnp', `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .main), (name = "internet", network = (allow = ["local"]))],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")]);
const main :Workerd.Worker = (modules = [(name = "w", esModule = embed "worker.js")], compatibilityDate = "2026-10-23",
  bindings = [(name = "ORIGIN", text = "http://127.0.0.1:${originPort}/")]);`);
const workerd = spawn('node_modules/.bin/workerd', ['serve', 'config.capnp'], { stdio: 'inherit' });
process.on('exit', () => workerd.kill());

const ask = (path, headers, tries = 50) => new Promise((resolve, reject) => {
  get({ port, host: '127.0.0.1', path, headers, agent: false }, async (reply) => {
    let bytes = 0;
    for await (const chunk of reply) bytes += chunk.length;
    resolve({ status: reply.statusCode, bytes, etag: reply.headers.etag, heard: heard['cache-control'], pragma: heard.pragma });
  }).on('error', (error) =>
    tries > 0 ? setTimeout(() => ask(path, headers, tries - 1).then(resolve, reject), 100) : reject(error));
});
const { etag } = await ask('/plain', {});
const plain = await ask('/plain', { 'if-none-match': etag });
const noStore = await ask('/no-store', { 'if-none-match': etag });
workerd.kill();
origin.close();
console.log('expected (RFC 9110 13.1.2): 304 both times, and nothing in the request that the client did not send');
console.log('fetch(request):                       ', plain);
console.log("fetch(request, { cache: 'no-store' }):", noStore);
const same = plain.status === 304 && plain.heard === undefined &&
  noStore.status === 200 && noStore.bytes === 15 && noStore.heard === 'no-cache' && noStore.pragma === 'no-cache';
if (!same) {
  console.error('The behaviour has changed: no-store no longer writes no-cache into the request, or the origin answers otherwise.');
  process.exit(1);
}
END
node probe.mjs
