#!/usr/bin/env bash
# PHP 8.2.36 (Debian php8.2-cli): a session cookie with an underscore or a tilde is never used and never replaced.
#
# PHP's files handler takes ids of A-Z a-z 0-9 "-" and ",". RFC 6265 4.1.1 allows far more in a cookie's value, so another
# program of the same site, or a balancer (HAProxy's `cookie PHPSESSID prefix` writes "server~id"), can leave such a
# value. The manual of session_start() says: a new session if none is given; false and a warning if it cannot start.
#
# Why it surprises: an *empty* cookie gets a new id and a Set-Cookie. An id with a foreign character gets neither: the
# page is answered 200, $_SESSION works for that one request and is thrown away, and no Set-Cookie ever cures the
# client. The only trace is a warning in the server's log, where errors are logged.
# What it costs: "login does nothing" for exactly the clients that carry that cookie, until they clear it by hand.
#
# Output seen on 2026-12-01 (what a counter in $_SESSION showed on three visits, and whether a cookie was set):
#   abc-def: 1 2 3, no Set-Cookie    abc_def: 1 1 1, no Set-Cookie    abc~def: 1 1 1, no Set-Cookie
#   no value: 1 1 1, Set-Cookie each time
set -euo pipefail
dir=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$dir"' EXIT
cd "$dir"
version=$(php -r 'echo PHP_VERSION;' 2>/dev/null || true)
[[ $version == 8.2.* ]] || { echo "This needs PHP 8.2 (Debian php8.2-cli); found: ${version:-none}." >&2; exit 2; }
echo "PHP $version"

cat > index.php <<'END'
<?php
session_start();
$_SESSION['visits'] = ($_SESSION['visits'] ?? 0) + 1;
echo $_SESSION['visits'];
END
mkdir state
port=$(node -e 's = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close() })')
# -n: no ini file, so every setting but these is PHP's own default.
php -n -d session.save_path="$dir/state" -d display_errors=0 -d log_errors=1 -S "127.0.0.1:$port" index.php > log 2>&1 &
server=$!
until curl -s -o /dev/null "127.0.0.1:$port"; do sleep 0.1; done

three_visits() {
  local seen= cookies=0
  for _ in 1 2 3; do
    seen+="$(curl -s -D head -H "Cookie: PHPSESSID=$1" "127.0.0.1:$port") "
    if grep -qi '^set-cookie' head; then cookies=$((cookies + 1)); fi
  done
  echo "${seen}with $cookies Set-Cookie"
}
echo 'expected: either the id is kept (1 2 3) or the client is given a new one (Set-Cookie)'
bad=0
check() {
  local seen
  seen=$(three_visits "$1")
  echo "PHPSESSID=$1: $seen"
  [ "$seen" = "$2" ] || bad=1
}
check 'abc-def' '1 2 3 with 0 Set-Cookie'
check 'abc_def' '1 1 1 with 0 Set-Cookie'
check 'abc~def' '1 1 1 with 0 Set-Cookie'
check '' '1 1 1 with 3 Set-Cookie'
grep -m 1 -o 'session_start(): Session ID[^/]*' log || bad=1
[ "$bad" = 0 ] || { echo 'The behaviour has changed: an id with a foreign character is now used, replaced or refused.' >&2; exit 1; }
