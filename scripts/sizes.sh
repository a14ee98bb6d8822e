#!/usr/bin/env bash
# What a page has to load, as a bundler would make it of dist/, compressed. Fails when that is over the budget,
# unless it is called with --report: the build goes on, since another Emscripten makes another size.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

# Bytes after gzip -9, of libnbd.wasm and the JavaScript together. Whoever needs more raises it, and says in the commit what it buys.
budget=76000

bundle=build/browser.js
npx --no-install esbuild --log-level=warning --bundle --minify --format=esm --platform=browser --outfile=$bundle dist/browser.js

compressed=0
measure() {
  local name=$1 file=$2 size
  size=$(gzip -9c "$file" | wc -c)
  compressed=$((compressed + size))
  say "$name: $(wc -c <"$file") bytes, $size compressed"
}
measure libnbd.wasm dist/libnbd.wasm
measure 'JavaScript for a browser' $bundle
say "together: $compressed bytes compressed, of a budget of $budget"
[ $compressed -gt $budget ] || exit 0
say "a page loads $((compressed - budget)) bytes more than the budget in scripts/sizes.sh allows." \
  'Find what grew and make it smaller, or raise the budget there and say why.'
[ "${1-}" = --report ]
