#!/usr/bin/env bash
# Copies 1 GiB beside nbdcopy and qemu-img, and prints the ratios (bench/README.md). Options: those of bench/copy.ts.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh
. bench/set_up.sh

need nbdkit libnbd-bin qemu-utils chromium
need_programs nbdkit nbdcopy qemu-img
find_chromium
[ -n "$CHROMIUM" ] || say 'there is no Chromium: leaving its case out'
build_package
. bench/peers/build.sh
install_vates || say 'could not install @vates/nbd-client: going on without it'
bundle_vates bench/peers/vates_copy.ts
for_node bench/copy.ts bench/copy_ours.ts bench/chromium.ts bench/peers/copy_floor.ts
for_page bench/page.ts
node $built/copy.mjs "$@"
