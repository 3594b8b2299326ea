#!/usr/bin/env bash
# wrangler 4.156.0 uploads a lazily imported module twice, and runs the copy that was meant to be avoided.
#
# `find_additional_modules = true` with a rule is wrangler's documented way to keep a module out of the main file ("partial
# bundling"), so that `await import("./big.mjs")` loads it when it is first needed.
# With a name in quotes, as in the documentation, the module is found and attached to the upload, and wrangler's bundler
# nevertheless follows the same import: the module is copied into index.js too, and the import becomes
# `Promise.resolve().then(...)`. Only a name that is computed at run time reaches the attached file.
#
# Why it surprises: the output lists the module under "Attaching additional modules", everything works, and there is no
# warning. The attached file is dead weight: nothing ever imports it.
# What it costs: the main file is as large as without the setting, and the upload is larger by the module.
#
# Output seen on 2026-12-01 (a module with a text of 200,000 characters):
#   import('./parts/big.mjs'):    index.js 200 kB, attached parts/big.mjs 200 kB
#   import(name of the same file): index.js 0 kB, attached parts/big.mjs 200 kB
#
# Needs Node 22 or newer, as wrangler does.
set -euo pipefail
node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 22 ? 0 : 1)' || { echo 'Node 22 is needed.'; exit 2; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private":true}' > package.json
npm i --no-audit --no-fund --silent wrangler@4.156.0
export WRANGLER_SEND_METRICS=false CLOUDFLARE_CF_FETCH_ENABLED=false

mkdir -p src/parts
cat > wrangler.toml <<'END'
name = "probe"
main = "src/index.js"
compatibility_date = "2026-10-23"
minify = true
find_additional_modules = true
rules = [{ type = "ESModule", globs = ["parts/*.mjs"] }]
END
node -e 'console.log(`export const text = "${"x".repeat(200000)}";`)' > src/parts/big.mjs

kilobytes() { echo $(($(wc -c < "$1") / 1000)); }
# The sizes of the main file and of the attached module, in kB, for a Worker with this import.
sizes() {
  echo "const load = (name) => import(name); export default { async fetch() { return new Response((await $1).text); } };" > src/index.js
  rm -rf out
  node_modules/.bin/wrangler deploy --dry-run --outdir out > log.txt 2>&1 || { cat log.txt; exit 2; }
  echo "$(kilobytes out/index.js) $(kilobytes out/parts/big.mjs)"
}
read -r quoted attached <<< "$(sizes 'import("./parts/big.mjs")')"
read -r computed attachedToo <<< "$(sizes 'load("./parts/big.mjs")')"
echo 'expected (documentation of find_additional_modules): the module is a file of its own, and index.js is small'
echo "import('./parts/big.mjs'):    index.js $quoted kB, attached parts/big.mjs $attached kB"
echo "import(name of the same file): index.js $computed kB, attached parts/big.mjs $attachedToo kB"
if [ "$quoted" -lt 200 ] || [ "$attached" -lt 200 ] || [ "$computed" -gt 10 ] || [ "$attachedToo" -lt 200 ]; then
  echo 'The behaviour has changed: wrangler no longer uploads the module twice.' >&2
  exit 1
fi
