#!/usr/bin/env bash
# workerd 1.20261117.1 joins several Cookie lines with a comma.
#
# A client may send its cookies in several field lines: HTTP/2 and HTTP/3 clients do so for better compression.
# RFC 9113 8.2.3 says that these MUST be joined with "; " before they are handed on to anything that is not HTTP/2,
# and RFC 6265 4.2.1 knows no other separator. Node's own server joins with "; ".
# workerd (`workerd serve`, and so `wrangler dev` and miniflare) treats Cookie like any list and joins with ", ",
# for the Worker's own eyes and in what the Worker passes on to its origin.
#
# Why it surprises: no error anywhere. A comma ends no cookie, so a parser reads one cookie whose value is
# "1, sid=2": the second cookie is gone and the first one has a wrong value.
# What it costs: behind a local TLS proxy that splits cookies, people are signed out only in development.
#
# Output seen on 2026-12-01:
#   node:   theme=1; sid=2   parsed: {"theme":"1","sid":"2"}
#   worker: theme=1, sid=2   parsed: {"theme":"1, sid=2"}
#   origin: theme=1, sid=2   parsed: {"theme":"1, sid=2"}
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private":true}' > package.json
npm i --no-audit --no-fund --silent workerd@1.20261117.1 cookie@1.0.2

cat > worker.js <<'END'
export default {
  async fetch(request, env) {
    const cookie = request.headers.get('cookie');
    const origin = await fetch(env.ORIGIN, { headers: request.headers });
    return Response.json({ worker: cookie, origin: await origin.text() });
  },
};
END
cat > probe.mjs <<'END'
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { parse } from 'cookie';

const listen = async (server) => (await once(server.listen(0, '127.0.0.1'), 'listening'), server.address().port);
const origin = createServer((request, reply) => reply.end(request.headers.cookie));
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

/** The body of the reply to a request with two Cookie lines; tried again until the server listens. */
const ask = (to, tries = 50) => new Promise((resolve, reject) => {
  let text = '';
  const socket = connect(to, '127.0.0.1', () => socket.write(
    'GET / HTTP/1.1\r\nHost: localhost\r\nCookie: theme=1\r\nCookie: sid=2\r\nConnection: close\r\n\r\n'));
  socket.on('data', (chunk) => { text += chunk; }).on('end', () => resolve(text.split('\r\n\r\n')[1]));
  socket.on('error', (error) => tries > 0 ? setTimeout(() => ask(to, tries - 1).then(resolve, reject), 100) : reject(error));
});
const show = (who, value) => console.log(`${who} ${value}   parsed: ${JSON.stringify(parse(value))}`);
const node = (await ask(originPort)).match(/theme.*2/)[0];
const { worker, origin: passedOn } = JSON.parse(await ask(port));
workerd.kill();
origin.close();
console.log('expected (RFC 9113 8.2.3, RFC 6265 4.2.1): theme=1; sid=2');
show('node:  ', node);
show('worker:', worker);
show('origin:', passedOn);
if (node !== 'theme=1; sid=2' || worker !== 'theme=1, sid=2' || passedOn !== 'theme=1, sid=2') {
  console.error('The behaviour has changed: workerd no longer joins Cookie lines with a comma (or Node does).');
  process.exit(1);
}
END
node probe.mjs
