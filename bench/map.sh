#!/usr/bin/env bash
# Zooms and moves the map of 10^6 extents in Chromium, and prints how long a frame takes (bench/README.md).
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

need chromium
export CHROMIUM=${CHROMIUM:-$(first_of chromium google-chrome chromium-browser)}
[ -n "$CHROMIUM" ] || die 'needs Chromium. Install it, or name its program in the variable CHROMIUM, and run this again.'
install_node_modules
bash build.sh
mkdir -p build/bench
npx --no-install esbuild --log-level=warning --bundle --platform=node --format=esm --target=node20 \
  --packages=external --out-extension:.js=.mjs --outdir=build/bench bench/map.ts
npx --no-install esbuild --log-level=warning --bundle --format=esm --outfile=build/bench/map_page.js bench/map_page.ts
node build/bench/map.mjs
