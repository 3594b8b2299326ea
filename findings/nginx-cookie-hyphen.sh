#!/usr/bin/env bash
# NGINX 1.22.1 (Debian): `hash $cookie___Host-session` is one and the same key for every client.
#
# NGINX's documentation: `$cookie_NAME` is the cookie called NAME, and `hash KEY` chooses the server by a key that may
# contain variables. RFC 6265 4.1.1 allows "-" in a cookie's name, and the prefixes __Host- and __Secure- demand it.
# A variable's name in NGINX ends at the first character that is no letter, digit or "_". So this is the variable
# `$cookie___Host`, which is empty, followed by the letters "-session". There is no other spelling for such a cookie
# (braces do not help); one needs a `map` over `$http_cookie`.
#
# Why it surprises: `nginx -t` is content, sessions do stick (all clients stick to the same server), and with two
# servers in a test that looks right. The prefix that makes a cookie safer takes sticky routing away.
# What it costs: one server takes all the load, the others none.
#
# Output seen on 2026-12-01 (60 clients, requests per server):
#   hash $cookie_session           a 19, b 23, c 18 (or so)
#   hash $cookie___Host-session    all 60 on one server; the key is "-session"
#   hash ${cookie___Host-session}  refused as configuration
set -euo pipefail
dir=$(mktemp -d)
trap '[ ! -s "$dir/pid" ] || kill "$(cat "$dir/pid")"; rm -rf "$dir"' EXIT
cd "$dir"
# Unpacked here, not installed: no service is started. (As root, apt remarks that it downloads outside its sandbox.)
apt-get download -q nginx nginx-common > log 2>&1 || { cat log >&2; exit 2; }
for package in ./*.deb; do dpkg -x "$package" root; done
nginx=$dir/root/usr/sbin/nginx
version=$("$nginx" -v 2>&1)
[[ $version == *nginx/1.22.* ]] || { echo "This needs NGINX 1.22 (Debian 12); found: $version." >&2; exit 2; }
echo "$version"

free_port() { node -e 's = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close() })'; }
port=$(free_port); a=$(free_port); b=$(free_port); c=$(free_port)
configuration() {
  cat <<END
pid $dir/pid; error_log $dir/error.log; events { worker_connections 64; }
http {
  access_log off;
  client_body_temp_path $dir/1; proxy_temp_path $dir/2; fastcgi_temp_path $dir/3; uwsgi_temp_path $dir/4; scgi_temp_path $dir/5;
  upstream plain { hash \$cookie_session consistent; server 127.0.0.1:$a; server 127.0.0.1:$b; server 127.0.0.1:$c; }
  upstream prefixed { hash $1 consistent; server 127.0.0.1:$a; server 127.0.0.1:$b; server 127.0.0.1:$c; }
  server {
    listen 127.0.0.1:$port;
    location /plain { proxy_pass http://plain; }
    location /prefixed { proxy_pass http://prefixed; }
    location /key { return 200 "$1"; }
  }
  server { listen 127.0.0.1:$a; return 200 a; }
  server { listen 127.0.0.1:$b; return 200 b; }
  server { listen 127.0.0.1:$c; return 200 c; }
}
END
}
servers() {
  for i in $(seq 60); do
    curl -s -H "Cookie: session=user$i; __Host-session=user$i" "127.0.0.1:$port/$1"
  done | fold -w 1 | sort | uniq -c | awk '{ print $2, $1 }' | paste -sd ,
}
configuration '$cookie___Host-session' > nginx.conf
configuration '${cookie___Host-session}' > braces.conf
"$nginx" -q -t -p "$dir" -c nginx.conf
"$nginx" -p "$dir" -c nginx.conf
braces=accepted
"$nginx" -q -t -p "$dir" -c braces.conf 2> /dev/null || braces=refused
plain=$(servers plain)
prefixed=$(servers prefixed)
key=$(curl -s -H 'Cookie: __Host-session=user1' "127.0.0.1:$port/key")
echo 'expected (documentation of $cookie_NAME and hash): the clients spread over a, b and c, both times'
echo "hash \$cookie_session:          $plain"
echo "hash \$cookie___Host-session:   $prefixed   (the key of user1: \"$key\")"
echo "hash \${cookie___Host-session}: $braces"
if [[ $plain != a*b*c* || $prefixed != [abc]' 60' || $key != -session || $braces != refused ]]; then
  echo 'The behaviour has changed: NGINX now reads a cookie whose name has a hyphen, or says that it cannot.' >&2
  exit 1
fi
