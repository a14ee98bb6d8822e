#!/usr/bin/env bash
# Installs what test/runtimes/package.json names, for the tests in test/package: other versions of Node, Deno, Bun, workerd, and the
# oldest and the newest TypeScript. It stays in the cache, for all clones. Where it cannot be had, those tests are skipped.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

wanted=test/runtimes/package.json
folder=$cache/runtimes
ready() { cmp -s "$wanted" "$folder/package.json"; }
ready && exit
if [ "$(uname -sm)" != 'Linux x86_64' ]; then
  say 'the packages of other runtimes are of Linux on x64: their tests are skipped here'
  exit
fi
mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9 # two clones may be testing for the first time
ready && exit
say "installing other runtimes in $folder (1 GB, once)"
rm -rf "$folder" "$folder.partial"
mkdir -p "$folder.partial"
cp "$wanted" "$folder.partial"
if npm install --prefix "$folder.partial" --ignore-scripts --no-package-lock --no-audit --no-fund --loglevel=error \
  >"$cache/runtimes.log" 2>&1; then
  mv "$folder.partial" "$folder"
else
  rm -rf "$folder.partial"
  say "they cannot be installed, and their tests are skipped; see $cache/runtimes.log"
fi
