#!/usr/bin/env bash
# Zooms and moves the map of 10^6 extents in Chromium, and prints how long a frame takes (bench/README.md).
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh
. bench/set_up.sh

need chromium
need_chromium
build_package
for_node bench/map.ts
for_page bench/map_page.ts
node $built/map.mjs
