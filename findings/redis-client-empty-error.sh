#!/usr/bin/env bash
# @redis/client 6.3.1: a command given while Redis is away is rejected after five seconds with an error that says nothing.
#
# The documentation of the offline queue: commands that are given without a connection wait in memory until there is
# one (unless `disableOfflineQueue` is set). The default of `commandOptions.timeout` ends that wait after five seconds,
# and the promise is rejected with an Error whose message is "", whose name is "Error", and which has no code and no cause.
#
# Why it surprises: `console.error(error)` and every logger show the bare word "Error" and a stack inside the
# client; what failed, and that it was time, can only be seen by `error instanceof TimeoutError`, a class one must know.
# What it costs: five seconds per request in an outage, and a log full of "Error" while one looks for the cause.
#
# Output seen on 2026-12-01:
#   after 5.0 s: String(error) "Error", message "", name "Error", code undefined, cause undefined, class TimeoutError
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private":true}' > package.json
npm i --no-audit --no-fund --silent @redis/client@6.3.1

cat > probe.mjs <<'END'
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createClient } from '@redis/client';

// A port on which nothing listens.
const spare = createServer();
await once(spare.listen(0, '127.0.0.1'), 'listening');
const { port } = spare.address();
await new Promise((resolve) => spare.close(resolve));

const client = createClient({ url: `redis://127.0.0.1:${port}` });
client.on('error', () => undefined);
client.connect().catch(() => undefined);
const begin = Date.now();
const error = await Promise.race([
  client.get('session').then(() => new Error('answered without a server'), (reason) => reason),
  new Promise((resolve) => setTimeout(() => resolve(new Error('still waiting after 15 seconds')), 15_000)),
]);
const seconds = (Date.now() - begin) / 1000;
console.log('expected (documentation of the offline queue): it waits, or it fails with a message that says why');
console.log(`after ${seconds.toFixed(1)} s: String(error) "${error}", message "${error.message}", name "${error.name}",`,
  `code ${error.code}, cause ${error.cause}, class ${error.constructor.name}`);
const same = String(error) === 'Error' && error.message === '' && error.name === 'Error' && error.code === undefined &&
  error.cause === undefined && error.constructor.name === 'TimeoutError' && seconds > 4.5 && seconds < 12;
if (!same) console.error('The behaviour has changed: the error has a message now, or the wait is another.');
process.exit(same ? 0 : 1);
END
node probe.mjs
