#!/usr/bin/env bash
# What a page has to load, as a bundler would make it of dist/, compressed. Fails when that is over the budget,
# unless it is called with --report: the build goes on, since another Emscripten makes another size.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

# Bytes after gzip -9, of libnbd.wasm and the JavaScript together. Whoever needs more raises it, and says in the commit what it buys.
budget=80900

bundle=build/browser
rm -rf $bundle
npx --no-install esbuild --log-level=warning --bundle --minify --splitting --format=esm --platform=browser \
  --entry-names=entry --chunk-names=chunk-[hash] --outdir=$bundle dist/browser.js

# What the entry imports from the first: a chunk that only `import()` names is loaded by the call that needs it.
at_once=$(grep -oE '(from|import) *"\./chunk-[^"]*"' $bundle/entry.js | cut -d '"' -f 2 | sort -u | sed "s|^\.|$bundle|")
cat $bundle/entry.js $at_once >build/browser.js
later=$(printf '%s\n' $bundle/*.js | grep -vxF -e $bundle/entry.js -e "$at_once" || true)

compressed=0
measure() {
  local name=$1 file=$2 size
  size=$(gzip -9c "$file" | wc -c)
  compressed=$((compressed + size))
  say "$name: $(wc -c <"$file") bytes, $size compressed"
}
measure libnbd.wasm dist/libnbd.wasm
measure 'JavaScript for a browser' build/browser.js
say "together: $compressed bytes compressed, of a budget of $budget"
for chunk in $later; do
  say "loaded later: $(gzip -9c "$chunk" | wc -c) bytes compressed"
done

# The page that shows a disk, beside the modules.
page_budget=122880 # 120 KiB
page=0
for file in dist/inspector/{inspector.js,worker.js,chunk-*.js,index.html,page.css,icon.svg}; do
  page=$((page + $(gzip -9c "$file" | wc -c)))
done
say "the inspector: $page bytes compressed beside the modules, of a budget of $page_budget"

[ $compressed -gt $budget ] || [ $page -gt $page_budget ] || exit 0
[ $page -le $page_budget ] || say "the inspector has $((page - page_budget)) bytes more than the budget in scripts/sizes.sh allows."
[ $compressed -le $budget ] || say "a page loads $((compressed - budget)) bytes more than the budget in scripts/sizes.sh allows." \
  'Find what grew and make it smaller, or raise the budget there and say why.'
[ "${1-}" = --report ]
