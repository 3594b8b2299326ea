#!/usr/bin/env bash
# dynalite 4.0.0 (a DynamoDB for tests): a map never equals itself, and two missing attributes are equal.
#
# Amazon's documentation of comparison operators: `a = b` is true if a equals b; maps and lists are equal when they are of
# the same type and hold the same values, whatever the order of a map's names. An attribute that does not exist equals
# nothing. Amazon's own DynamoDB Local 3.3.1 answers so. In dynalite `m = :m` is false for every map and list, even for the
# one that was just written, and `a = b` is true where the item has neither.
#
# Why it surprises: for strings, numbers and even sets in another order the same condition is right, so one suspects
# the SDK's marshalling, or a lost update.
# What it costs: "write only if the grants are still those that I read" is refused each time in tests; "only if owner
# equals editor" is granted on an item that has neither, and production refuses it.
#
# Output seen on 2026-12-01 (condition, expected, seen):
#   s = :s   same string                  true   true
#   t = :t   same set, another order      true   true
#   m = :m   same map                     true   false
#   l = :l   same list                    true   false
#   a = b    the item has neither         false  true
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private":true}' > package.json
npm i --no-audit --no-fund --silent dynalite@4.0.0

cat > probe.mjs <<'END'
import { once } from 'node:events';
import dynalite from 'dynalite';

const server = dynalite({ createTableMs: 0 });
await once(server.listen(0, '127.0.0.1'), 'listening');
async function call(operation, body) {
  const reply = await fetch(`http://127.0.0.1:${server.address().port}/`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `DynamoDB_20120810.${operation}`,
      'x-amz-date': '20261201T000000Z',
      authorization: 'AWS4-HMAC-SHA256 Credential=local/20261201/local/dynamodb/aws4_request, SignedHeaders=host, Signature=0',
    },
    body: JSON.stringify({ TableName: 'items', ...body }),
  });
  const result = await reply.json();
  if (!reply.ok && !String(result.__type).endsWith('#ConditionalCheckFailedException')) throw new Error(JSON.stringify(result));
  return { ok: reply.ok, result };
}
await call('CreateTable', {
  AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }], KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
  BillingMode: 'PAY_PER_REQUEST',
});
while ((await call('DescribeTable', {})).result.Table.TableStatus !== 'ACTIVE') await new Promise((resolve) => setTimeout(resolve, 50));

const id = { S: '1' };
const map = { M: { read: { BOOL: true } } };
const list = { L: [{ S: 'x' }] };
await call('PutItem', { Item: { id, s: { S: 'x' }, t: { SS: ['x', 'y'] }, m: map, l: list } });
const cases = [
  ['s = :s', 'same string', true, true, { ':s': { S: 'x' } }],
  ['t = :t', 'same set, another order', true, true, { ':t': { SS: ['y', 'x'] } }],
  ['m = :m', 'same map', true, false, { ':m': map }],
  ['l = :l', 'same list', true, false, { ':l': list }],
  ['a = b', 'the item has neither', false, true],
];
let changed = false;
for (const [ConditionExpression, what, expected, known, ExpressionAttributeValues] of cases) {
  const { ok } = await call('DeleteItem', { Key: { id }, ConditionExpression, ExpressionAttributeValues });
  if (ok) await call('PutItem', { Item: { id, s: { S: 'x' }, t: { SS: ['x', 'y'] }, m: map, l: list } });
  console.log(`${ConditionExpression.padEnd(7)} ${what.padEnd(24)} expected ${expected}, seen ${ok}`);
  changed ||= ok !== known;
}
server.close();
if (changed) console.error('The behaviour has changed: conditions on maps, lists or missing attributes are judged in another way.');
process.exit(changed ? 1 : 0);
END
node probe.mjs
