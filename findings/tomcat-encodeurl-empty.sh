#!/usr/bin/env bash
# Tomcat 10.1.60 (Debian tomcat10): on a first visit encodeURL("") is another page, on the server's inner host.
#
# The servlet API: encodeURL includes the session id in the URL "or, if encoding is not needed, returns the URL
# unchanged". RFC 3986 4.4: the empty reference is the current document, so `<form action="">` posts to this very page.
# With no cookie yet, Tomcat turns "" into an absolute URL: scheme, host and port as Tomcat sees them, and the *folder* of
# the page instead of the page. Any other relative reference only gets ";jsessionid=..." behind its path.
#
# Why it surprises: `action="<%= response.encodeURL("") %>"` is right on every visit but the first one of a client.
# What it costs: behind a proxy the first form of a new client is posted to a host that the client cannot reach, or, with
# the Host passed on, to another page; a reload cures it, so it is hard to find.
#
# Output seen on 2026-12-01 (page /shop/cart.jsp, Host inner.internal:8080):
#   first visit: ""     -> http://inner.internal:8080/shop/;jsessionid=...
#                "pay"  -> pay;jsessionid=...
#   later visit: ""     -> (empty)
set -euo pipefail
dir=$(mktemp -d)
server=
trap '[ -z "$server" ] || { kill "$server"; wait "$server" || true; } 2> /dev/null; rm -rf "$dir"' EXIT
cd "$dir"
version=$(dpkg-query -W -f '${Version}' tomcat10 2> /dev/null || true)
[[ $version == 10.1.* ]] && command -v java > /dev/null ||
  { echo "This needs Debian's tomcat10 (10.1) and a Java; found: tomcat10 ${version:-none}." >&2; exit 2; }
echo "tomcat10 $version"

home=/usr/share/tomcat10
mkdir -p conf logs temp work webapps/ROOT/shop
cp "$home/etc/web.xml" conf/
cat > conf/server.xml <<'END'
<Server port="-1"><Service name="Catalina">
  <Connector address="127.0.0.1" port="${port}"/>
  <Engine name="Catalina" defaultHost="localhost"><Host name="localhost" appBase="webapps"/></Engine>
</Service></Server>
END
echo 'empty=<%= response.encodeURL("") %> pay=<%= response.encodeURL("pay") %> end' > webapps/ROOT/shop/cart.jsp
port=$(node -e 's = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close() })')
java -Xmx128m -XX:TieredStopAtLevel=1 "-Dport=$port" "-Dcatalina.home=$home" "-Dcatalina.base=$dir" "-Djava.io.tmpdir=$dir/temp" \
  -cp "$home/bin/bootstrap.jar:$home/bin/tomcat-juli.jar:/usr/share/java/eclipse-jdt-core.jar" \
  org.apache.catalina.startup.Bootstrap start > log 2>&1 &
server=$!
page=http://127.0.0.1:$port/shop/cart.jsp
tries=0
until curl -sf -o /dev/null "$page"; do
  tries=$((tries + 1))
  [ "$tries" -lt 300 ] || { cat log >&2; exit 2; }
  sleep 0.2
done

first=$(curl -s -c jar -H 'Host: inner.internal:8080' "$page")
later=$(curl -s -H "Cookie: JSESSIONID=$(awk '$6 == "JSESSIONID" { print $7 }' jar)" "$page")
echo 'expected (servlet API, RFC 3986 4.4): a reference to this very page, without a host'
echo "first visit: $first"
echo "later visit: $later"
if [[ $first != 'empty=http://inner.internal:8080/shop/;jsessionid='*' pay=pay;jsessionid='*' end' || $later != 'empty= pay=pay end' ]]; then
  echo 'The behaviour has changed: encodeURL("") is no longer the absolute URL of the folder.' >&2
  exit 1
fi
