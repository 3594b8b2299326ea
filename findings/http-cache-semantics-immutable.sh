#!/usr/bin/env bash
# http-cache-semantics 4.3.0: `Cache-Control: immutable` is fresh for a thousand days, and overrules Expires.
#
# RFC 8246 2: immutable says that a reply will not change *while it is fresh*; it gives no lifetime of its own. The
# documentation goes further, within reason: `immutableMinTimeToLive` is a number of milliseconds to assume by default
# for immutable replies, 24 hours. The number 86,400,000 is then used where seconds are meant and multiplied by 1,000,
# so a day becomes 1,000 days; and it is the larger of the two that counts when the origin sent an Expires.
#
# Why it surprises: a unit that is written in the README and in the type's comment is another one in the code. A caller
# who sets `immutableMinTimeToLive: 60_000` for one minute gets almost seventeen hours.
# What it costs: got, make-fetch-happen (npm itself) and miniflare's Cache API decide with this package; a reply with
# "immutable" and an Expires one hour ahead is served from the cache for nearly three years.
#
# Output seen on 2026-12-01 (time to live in hours):
#   immutable                                        24000
#   immutable, and Expires in one hour               24000
#   immutable, immutableMinTimeToLive one minute     16.67
#   immutable, max-age=3600                          1
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private":true}' > package.json
npm i --no-audit --no-fund --silent http-cache-semantics@4.3.0

cat > probe.mjs <<'END'
import CachePolicy from 'http-cache-semantics';

const now = Date.now();
const date = new Date(now).toUTCString();
const hours = (headers, options) =>
  new CachePolicy({ method: 'GET', url: '/', headers: {} }, { status: 200, headers: { date, ...headers } }, options)
    .timeToLive() / 3_600_000;
const cases = [
  ['immutable', 24, 24_000, { 'cache-control': 'immutable' }],
  ['immutable, Expires in one hour', 1, 24_000, { 'cache-control': 'immutable', expires: new Date(now + 3_600_000).toUTCString() }],
  ['immutable, default of one minute', 1 / 60, 1000 / 60, { 'cache-control': 'immutable' }, { immutableMinTimeToLive: 60_000 }],
  ['immutable, max-age=3600', 1, 1, { 'cache-control': 'immutable, max-age=3600' }],
];
let changed = false;
for (const [what, expected, known, headers, options] of cases) {
  const seen = hours(headers, options);
  console.log(`${what.padEnd(34)} expected at most ${expected.toFixed(2)} h, seen ${seen.toFixed(2)} h`);
  // The clock may move by a second between the two readings.
  changed ||= Math.abs(seen - known) > 0.001;
}
if (changed) {
  console.error('The behaviour has changed: the default for immutable is no longer a thousand times too long.');
  process.exit(1);
}
END
node probe.mjs
