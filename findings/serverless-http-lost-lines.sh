#!/usr/bin/env bash
# serverless-http 4.0.0 with http-proxy 1.18.1: lines of a chunked text are silently left out.
#
# serverless-http runs a Node handler on Lambda and hands the finished body back. Its documentation: any Node framework
# with a request listener works. A handler that passes on an upstream's reply also passes on `Transfer-Encoding: chunked`.
# On seeing that header serverless-http takes the chunks apart by splitting the text at every CRLF and by reading every
# second piece as a chunk. But RFC 9112 7.1 says that a chunk is as long as its size says: it may hold CRLF itself.
#
# Why it surprises: texts whose lines end in LF are whole; CSV (RFC 4180), iCalendar, vCard and mail, whose lines end in
# CRLF, lose lines, and a line that begins with a number is taken for the size of the next one. The status is 200, and
# no length is left that would give it away.
# What it costs: an export through such a function lacks rows, and no error says so.
#
# Output seen on 2026-12-01:
#   LF:    "id,name\n1,Ann\n2,Bob\n3,Cy\n"
#   CRLF:  "id,name2" instead of "id,name\r\n1,Ann\r\n2,Bob\r\n3,Cy\r\n"
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private":true}' > package.json
npm i --no-audit --no-fund --silent serverless-http@4.0.0 http-proxy@1.18.1

cat > probe.mjs <<'END'
import { once } from 'node:events';
import { createServer } from 'node:http';
import httpProxy from 'http-proxy';
import serverless from 'serverless-http';

/** Two writes: head and first rows, then the last one. */
const parts = (end) => [`id,name${end}1,Ann${end}2,Bob${end}`, `3,Cy${end}`];
const origin = createServer((request, reply) => {
  const [first, last] = parts(request.url === '/crlf' ? '\r\n' : '\n');
  reply.setHeader('content-type', 'text/csv');
  reply.write(first);
  setTimeout(() => reply.end(last), 50);
});
await once(origin.listen(0, '127.0.0.1'), 'listening');
const proxy = httpProxy.createProxyServer({ target: `http://127.0.0.1:${origin.address().port}` });
const handler = serverless((request, reply) => proxy.web(request, reply));

const get = async (rawPath) => (await handler({
  version: '2.0', rawPath, rawQueryString: '', headers: { host: 'api.example' }, isBase64Encoded: false,
  requestContext: { requestId: '1', http: { method: 'GET', path: rawPath, sourceIp: '192.0.2.1' } },
}, {})).body;
const lf = await get('/lf');
const crlf = await get('/crlf');
origin.close();
origin.closeAllConnections();
console.log('expected (RFC 9112 7.1): the body as the origin sent it');
console.log('LF:   sent', JSON.stringify(parts('\n').join('')), 'got', JSON.stringify(lf));
console.log('CRLF: sent', JSON.stringify(parts('\r\n').join('')), 'got', JSON.stringify(crlf));
if (lf !== parts('\n').join('') || crlf !== 'id,name2') {
  console.error('The behaviour has changed: a chunked text with CRLF is no longer cut to these pieces.');
  process.exit(1);
}
process.exit(0);
END
node probe.mjs
