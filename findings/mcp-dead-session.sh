#!/usr/bin/env bash
# @modelcontextprotocol/sdk 1.32.2 and @modelcontextprotocol/client 2.4.0: after a 404 the client keeps the dead session.
#
# The Model Context Protocol (revision 2025-11-25, Transports, Session Management): a server may end a session at any
# time and answers its id with 404 from then on; a client that receives this 404 "MUST start a new session by sending a
# new InitializeRequest without a session ID attached". Neither of the SDK's two lines does. Each further request carries
# the same dead Mcp-Session-Id and fails the same way, and `connect` on the same client and transport throws.
#
# Why it surprises: the protocol was made so that a server may forget sessions, and the official client cannot follow.
# (2.4.0 calls the error CLIENT_HTTP_NOT_IMPLEMENTED, so even the 404 is not easy to recognise.)
# What it costs: every deploy, every idle timeout and every failover of the server breaks all connected clients until
# each application builds a new transport and a new client itself.
#
# Output seen on 2026-12-01:
#   sdk 1.32.2     initialize, tools/list ok, then three times tools/list with the dead id; initialize sent: 1
#   client 2.4.0   the same
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private":true}' > package.json
npm i --no-audit --no-fund --silent @modelcontextprotocol/sdk@1.32.2 @modelcontextprotocol/client@2.4.0

cat > probe.mjs <<'END'
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import * as two from '@modelcontextprotocol/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

let session = null;
let heard = [];
const server = createServer(async (request, reply) => {
  let text = '';
  for await (const chunk of request) text += chunk;
  if (request.method !== 'POST') return reply.writeHead(405).end();
  const { id, method, params } = JSON.parse(text);
  const sent = request.headers['mcp-session-id'];
  const answer = (status, body) => reply.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id, ...body }));
  if (method === 'initialize') {
    session = randomUUID();
    heard.push('initialize');
    reply.setHeader('mcp-session-id', session);
    const result = { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } };
    return answer(200, { result });
  }
  if (sent !== session) {
    heard.push('dead id');
    return answer(404, { error: { code: -32001, message: 'Session not found' } });
  }
  if (id === undefined) return reply.writeHead(202).end();
  heard.push('ok');
  answer(200, { result: { tools: [] } });
});
await once(server.listen(0, '127.0.0.1'), 'listening');
const url = new URL(`http://127.0.0.1:${server.address().port}/mcp`);

async function run(who, client, transport) {
  heard = [];
  await client.connect(transport);
  await client.listTools();
  session = null;
  for (let i = 0; i < 3; i += 1) await client.listTools().catch(() => undefined);
  console.log(who.padEnd(13), heard.join(', '));
  return heard.join();
}
console.log('expected (specification): initialize, ok, dead id, initialize, ok ...');
const info = { name: 'c', version: '1' };
const seen = [
  await run('sdk 1.32.2', new Client(info), new StreamableHTTPClientTransport(url)),
  await run('client 2.4.0', new two.Client(info), new two.StreamableHTTPClientTransport(url)),
];
const same = seen.every((one) => one === 'initialize,ok,dead id,dead id,dead id');
if (!same) console.error('The behaviour has changed: a client now starts a new session after a 404.');
process.exit(same ? 0 : 1);
END
node probe.mjs
