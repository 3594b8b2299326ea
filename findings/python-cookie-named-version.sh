#!/usr/bin/env bash
# Python 3.11.2 (Debian python3.11): one cookie named "version" in front, and http.cookies sees no cookies at all.
#
# RFC 6265 4.2.1: a Cookie header is a list of name=value pairs and has no attributes; 4.1.1: a name is any token. So
# `version=7; sid=abc` is two ordinary cookies. http.cookies.SimpleCookie.load(), which Bottle, CherryPy and
# many WSGI programs read the Cookie header with, knows one grammar for Cookie and Set-Cookie: a pair whose name is
# that of an attribute (version, path, domain, expires, comment, max-age, secure, httponly, samesite) is taken as an
# attribute of the cookie before it. If there is none before it, the whole header is dropped, without an exception.
#
# Why it surprises: the order decides. `sid=abc; version=7` keeps sid, `version=7; sid=abc` loses it, and the client
# chooses the order (RFC 6265 5.4: longest path first, then the oldest first).
# What it costs: another program on the same host, or a script on the page, sets `version` or `path` before the session
# begins, and from then on this client is never signed in.
#
# Output seen on 2026-12-01:
#   sid=abc; theme=dark    -> {'sid': 'abc', 'theme': 'dark'}
#   sid=abc; version=7     -> {'sid': 'abc'}
#   version=7; sid=abc     -> {}
#   path=left; sid=abc     -> {}
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
version=$(/usr/bin/python3 -c 'import platform; print(platform.python_version())' 2>/dev/null || true)
[[ $version == 3.11.* ]] || { echo "This needs Python 3.11 (Debian python3.11); found: ${version:-none}." >&2; exit 2; }
echo "Python $version"

cat > probe.py <<'END'
import sys
from http.cookies import SimpleCookie

expected = 'expected (RFC 6265 4.2.1): every pair is a cookie, so sid is always abc'
seen = {
    'sid=abc; theme=dark': {'sid': 'abc', 'theme': 'dark'},
    'sid=abc; version=7': {'sid': 'abc'},
    'version=7; sid=abc': {},
    'path=left; sid=abc': {},
    'secure=yes; sid=abc': {},
}
print(expected)
changed = False
for header, known in seen.items():
    jar = SimpleCookie()
    jar.load(header)
    values = {name: morsel.value for name, morsel in jar.items()}
    print(f'{header:22} -> {values}')
    changed = changed or values != known
if changed:
    sys.exit('The behaviour has changed: http.cookies no longer takes such a cookie for an attribute.')
END
/usr/bin/python3 probe.py
