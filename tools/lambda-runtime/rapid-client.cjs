// Replaces the compiled part of AWS's runtime client, which talks to the Runtime API for everything except streamed
// responses. Has the same three calls, in plain HTTP. It is preloaded, so that the client itself runs unmodified.
'use strict';
const http = require('node:http');
const Module = require('node:module');

const [hostname, port] = (process.env.AWS_LAMBDA_RUNTIME_API ?? '').split(':');
// One connection, so that calls arrive in order.
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

function call(method, path, headers, body, onReply) {
  const request = http.request(
    { hostname, port, method, path: `/2018-06-01/runtime${path}`, headers, agent },
    (reply) => {
      const chunks = [];
      reply.on('data', (chunk) => chunks.push(chunk));
      reply.on('end', () => onReply(reply, Buffer.concat(chunks).toString('utf8')));
    },
  );
  // Without its Runtime API, the environment cannot continue.
  request.on('error', () => process.exit(1));
  request.end(body);
}

const json = { 'content-type': 'application/json' };
const nothing = () => undefined;

const client = {
  next: () =>
    new Promise((resolve) => {
      call('GET', '/invocation/next', {}, undefined, ({ headers }, bodyJson) => resolve({ bodyJson, headers }));
    }),
  done: (id, body) => call('POST', `/invocation/${id}/response`, json, body, nothing),
  error: (id, body) => call('POST', `/invocation/${id}/error`, json, body, nothing),
};

const load = Module._load;
Module._load = function loadOrReplace(request, ...rest) {
  return request.endsWith('rapid-client.node') ? client : load.call(this, request, ...rest);
};
