#!/usr/bin/env bash
# hono 4.13.19, hono/aws-lambda: behind an ALB with multi-value headers, every repeated header is joined with "; ".
#
# RFC 9110 5.3: several lines of one field mean the same as one line joined with ", ". Only Cookie is joined with "; ".
# With the target group's attribute lambda.multi_value_headers.enabled an ALB hands over each line of a field as one
# element of an array. The adapter joins all of them as if they were cookies. For API Gateway's events, which have
# arrays of the same shape, the same adapter joins with ", ".
#
# Why it surprises: the value still looks like something. "; " starts a parameter in Accept, so a second media range
# becomes a parameter of the first; two X-Forwarded-For lines become one address that parses as none; in If-None-Match
# or in Forwarded, where ";" also has a meaning, the second proxy's word is read as part of the first one's.
# What it costs: content negotiation and client addresses differ between API Gateway and ALB for the same request.
#
# Output seen on 2026-12-01:
#   API Gateway: accept "text/html, application/json"  x-forwarded-for "192.0.2.1, 198.51.100.7"  cookie "a=1; b=2"
#   ALB:         accept "text/html; application/json"  x-forwarded-for "192.0.2.1; 198.51.100.7"  cookie "a=1; b=2"
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private":true}' > package.json
npm i --no-audit --no-fund --silent hono@4.13.19

cat > probe.mjs <<'END'
import { Hono } from 'hono';
import { handle } from 'hono/aws-lambda';

const names = ['accept', 'x-forwarded-for', 'cookie'];
const app = new Hono();
app.get('*', (c) => c.json(names.map((name) => c.req.header(name))));
const handler = handle(app);

const multiValueHeaders = {
  host: ['shop.example'],
  accept: ['text/html', 'application/json'],
  'x-forwarded-for': ['192.0.2.1', '198.51.100.7'],
  cookie: ['a=1', 'b=2'],
};
const event = { httpMethod: 'GET', path: '/', body: '', isBase64Encoded: false, multiValueHeaders, multiValueQueryStringParameters: {} };
const albContext = { elb: { targetGroupArn: 'arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/t/1' } };
const gatewayContext = { resourcePath: '/', httpMethod: 'GET', path: '/', stage: 'prod', domainName: 'shop.example', requestId: '1', identity: { sourceIp: '192.0.2.1' } };
const gatewayHeaders = Object.fromEntries(Object.entries(multiValueHeaders).map(([name, values]) => [name, values.at(-1)]));

const ask = async (more) => JSON.parse((await handler({ ...event, ...more }, {})).body);
const gateway = await ask({ version: '1.0', resource: '/', headers: gatewayHeaders, requestContext: gatewayContext });
const alb = await ask({ requestContext: albContext });
console.log('expected (RFC 9110 5.3): ", " between the values of accept and x-forwarded-for, "; " between cookies');
for (const [i, name] of names.entries()) console.log(`${name.padEnd(16)} API Gateway: ${gateway[i]}   ALB: ${alb[i]}`);
const known = ['text/html; application/json', '192.0.2.1; 198.51.100.7', 'a=1; b=2'];
if (JSON.stringify(alb) !== JSON.stringify(known) || gateway[1] !== '192.0.2.1, 198.51.100.7') {
  console.error('The behaviour has changed: repeated headers of an ALB are no longer all joined with "; ".');
  process.exit(1);
}
END
node probe.mjs
