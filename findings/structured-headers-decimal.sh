#!/usr/bin/env bash
# structured-headers 2.1.0: a decimal that rounds to a whole number is written as "1.", which is no structured field.
#
# RFC 9651 4.1.5: a decimal is rounded to three fractional digits and written with at least one of them, so 1.0001 is
# "1.0". The package writes "1.", which the grammar forbids (4.2.4: "if the final character is '.', fail parsing") and
# which its own parser refuses. Every number within 0.0005 of a whole one that is not whole itself is concerned:
# quotients, sums of fractions and times in seconds, so it comes and goes.
#
# Why it surprises: serializing is where one expects an error if there is one, and only the receiver gets it. RFC 9651
# 4.2 lets a receiver ignore the *whole* field then, the other members of the list too.
# What it costs: a field such as RateLimit, or one's own timings, is now and then ignored by a strict receiver.
#
# Output seen on 2026-12-01:
#   0.25   -> "0.25"   parsed again: 0.25
#   1.0001 -> "1."     parsed again: Parse error: Decimal cannot end on a period at offset 2
#   0.0004 -> "0."     parsed again: Parse error: Decimal cannot end on a period at offset 2
#   list   -> "0.25, 1.;p=2., token" and not one member can be read
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private":true}' > package.json
npm i --no-audit --no-fund --silent structured-headers@2.1.0

cat > probe.mjs <<'END'
import { parseList, serializeItem, serializeList, Token } from 'structured-headers';

const attempt = (action) => { try { return JSON.stringify(action()); } catch (error) { return error.message; } };
const known = { 0.25: '0.25', 1.0001: '1.', 2.9996: '3.', 0.0004: '0.' };
let changed = false;
console.log('expected (RFC 9651 4.1.5): 0.25, 1.0, 3.0 and 0.0, each of which can be parsed');
for (const [number, wrong] of Object.entries(known)) {
  const text = serializeItem([Number(number), new Map()]);
  console.log(`${number.padEnd(6)} -> "${text}"   parsed again: ${attempt(() => parseList(text)[0][0])}`);
  changed ||= text !== wrong;
}
const list = serializeList([[0.25, new Map()], [1.0001, new Map([['p', 1.9999]])], [new Token('token'), new Map()]]);
const again = attempt(() => parseList(list).length);
console.log(`list   -> "${list}"   parsed again: ${again}`);
if (changed || list !== '0.25, 1.;p=2., token' || !again.startsWith('Parse error')) {
  console.error('The behaviour has changed: such decimals are no longer written with a bare period at the end.');
  process.exit(1);
}
END
node probe.mjs
