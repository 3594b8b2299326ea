#!/usr/bin/env bash
# dynalite 4.0.0 (a DynamoDB for tests): two list positions in one update, and the second one is another element.
#
# Amazon's documentation of update expressions: all positions refer to the item as it was before the update; after
# `REMOVE l[0], l[2]` of ["a","b","c","d"] there remain "b" and "d". Amazon's own DynamoDB Local 3.3.1 does the same.
# dynalite applies one action after the other to the shrinking list, so the second REMOVE hits the neighbour, and a SET
# beside a REMOVE is written one place too far.
#
# Why it surprises: nothing fails; one of the two elements that go is the right one. In one update with a single position,
# or with the positions from the highest to the lowest, everything is right.
# What it costs: code that takes several devices or grants out of a list deletes the wrong one in tests, or, tuned to pass
# these tests, in production.
#
# Output seen on 2026-12-01:
#   REMOVE l[0], l[2]      ["b","c"]           instead of ["b","d"]
#   REMOVE l[2], l[0]      ["b","d"]
#   REMOVE l[0] SET l[1]   ["b","X","d"]       instead of ["X","c","d"]
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
    body: JSON.stringify({ TableName: 'lists', ...body }),
  });
  const result = await reply.json();
  if (!reply.ok) throw new Error(JSON.stringify(result));
  return result;
}
await call('CreateTable', {
  AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }], KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
  BillingMode: 'PAY_PER_REQUEST',
});
while ((await call('DescribeTable', {})).Table.TableStatus !== 'ACTIVE') await new Promise((resolve) => setTimeout(resolve, 50));

async function after(UpdateExpression, more) {
  const Item = { id: { S: '1' }, l: { L: ['a', 'b', 'c', 'd'].map((S) => ({ S })) } };
  await call('PutItem', { Item });
  const { Attributes } = await call('UpdateItem', { Key: { id: { S: '1' } }, UpdateExpression, ReturnValues: 'ALL_NEW', ...more });
  return Attributes.l.L.map(({ S }) => S).join('');
}
const cases = [
  ['REMOVE l[0], l[2]', 'bd', 'bc'],
  ['REMOVE l[2], l[0]', 'bd', 'bd'],
  ['REMOVE l[0] SET l[1] = :x', 'Xcd', 'bXd', { ExpressionAttributeValues: { ':x': { S: 'X' } } }],
];
let changed = false;
for (const [expression, expected, known, more] of cases) {
  const seen = await after(expression, more);
  console.log(`${expression.padEnd(26)} of abcd: expected ${expected}, seen ${seen}`);
  changed ||= seen !== known;
}
server.close();
if (changed) console.error('The behaviour has changed: positions in one update no longer shift each other.');
process.exit(changed ? 1 : 0);
END
node probe.mjs
