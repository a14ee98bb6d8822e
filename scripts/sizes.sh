#!/usr/bin/env bash
# What a page has to load, as a bundler would make it of dist/, compressed. Fails when that is over the budget,
# unless it is called with --report: the build goes on, since another Emscripten makes another size.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

# Bytes after gzip -9, of libnbd.wasm and the JavaScript together. Whoever needs more raises it, and says in the commit what it buys.
budget=79200

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

# The least: a page that imports NBD alone, of which a bundler leaves out all the rest.
rm -rf $bundle-least
mkdir -p $bundle-least
echo "export { NBD } from '../../dist/browser.js';" >$bundle-least/nbd.js
npx --no-install esbuild --log-level=warning --bundle --minify --splitting --format=esm --platform=browser \
  --entry-names=entry --chunk-names=chunk-[hash] --outdir=$bundle-least/out $bundle-least/nbd.js
least=$(grep -oE '(from|import) *"\./chunk-[^"]*"' $bundle-least/out/entry.js | cut -d '"' -f 2 | sort -u | sed "s|^\.|$bundle-least/out|")
cat $bundle-least/out/entry.js $least >$bundle-least/nbd.min.js
say "NBD alone, with libnbd.wasm: $(node -e '
  const { readFileSync } = require("fs"), { gzipSync, brotliCompressSync } = require("zlib");
  const files = process.argv.slice(1).map((name) => readFileSync(name));
  const total = (compress) => files.reduce((sum, file) => sum + compress(file).length, 0);
  console.log(`${total((file) => gzipSync(file, { level: 9 }))} bytes by gzip, ${total(brotliCompressSync)} by brotli`);
' $bundle-least/nbd.min.js dist/libnbd.wasm), to become 67584 and 57344"

# What the first connection with TLS loads beside its code.
tls_budget=73728 # 72 KiB
tls=$(gzip -9c dist/tls.wasm | wc -c)
say "tls.wasm: $tls bytes compressed, of a budget of $tls_budget"

# The page that shows a disk, beside the modules: what its first view loads, and what comes when somebody opens files or saves.
page_budget=124928       # 122 KiB
page_later_budget=49152  # 48 KiB: the elements for files and for disks inside of disks, TLS, the engines' worker, and the chunks of copies
page_folder=dist/inspector
static_imports() { grep -ohE '(from|import) *"\./chunk-[^"]*"' "$@" | cut -d '"' -f 2 | sed "s|^\.|$page_folder|"; }

# Chunks import chunks: what is new in a round is looked through in the next.
first=$(printf '%s\n' $page_folder/{inspector.js,worker.js})
while :; do
  # shellcheck disable=SC2086 # one word each: the paths
  found=$(printf '%s\n' $first $(static_imports $first) | sort -u)
  [ "$found" != "$first" ] || break
  first=$found
done
page=0
for file in $first $page_folder/{index.html,page.css,icon.svg}; do
  page=$((page + $(gzip -9c "$file" | wc -c)))
done
page_later=0
for file in $(printf '%s\n' $page_folder/*.js | grep -vxF "$first"); do
  case $file in */selection.js | */files_place.js) continue ;; esac # types alone
  page_later=$((page_later + $(gzip -9c "$file" | wc -c)))
done
say "the inspector: $page bytes compressed beside the modules, of a budget of $page_budget; later $page_later, of $page_later_budget"

[ $compressed -gt $budget ] || [ $tls -gt $tls_budget ] || [ $page -gt $page_budget ] || [ $page_later -gt $page_later_budget ] || exit 0
[ $tls -le $tls_budget ] || say "tls.wasm has $((tls - tls_budget)) bytes more than the budget in scripts/sizes.sh allows."
[ $page -le $page_budget ] || say "the inspector has $((page - page_budget)) bytes more than the budget in scripts/sizes.sh allows."
[ $page_later -le $page_later_budget ] ||
  say "what the inspector loads later has $((page_later - page_later_budget)) bytes more than the budget in scripts/sizes.sh allows."
[ $compressed -le $budget ] || say "a page loads $((compressed - budget)) bytes more than the budget in scripts/sizes.sh allows." \
  'Find what grew and make it smaller, or raise the budget there and say why.'
[ "${1-}" = --report ]
