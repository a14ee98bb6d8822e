#!/usr/bin/env bash
# Copies 1 GiB beside nbdcopy and qemu-img, and prints the ratios (bench/README.md). Options: those of bench/copy.ts.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

need nbdkit libnbd-bin qemu-utils chromium
for program in nbdkit nbdcopy qemu-img; do
  command -v $program >/dev/null || die "needs $program. Install it and run this again."
done
export CHROMIUM=${CHROMIUM:-$(first_of chromium google-chrome chromium-browser)}
[ -n "$CHROMIUM" ] || say 'there is no Chromium: leaving its case out'
install_node_modules
bash build.sh
built=build/bench
mkdir -p $built
. bench/peers/build.sh
install_vates || say 'could not install @vates/nbd-client: going on without it'
bundle_vates bench/peers/vates_copy.ts
npx --no-install esbuild --log-level=warning --bundle --platform=node --format=esm --target=node20 \
  --packages=external --out-extension:.js=.mjs --outdir=$built \
  bench/copy.ts bench/copy_ours.ts bench/chromium.ts bench/peers/copy_floor.ts
npx --no-install esbuild --log-level=warning --bundle --format=esm --alias:libnbd-wasm=./dist/browser.js \
  --outfile=$built/page.js bench/page.ts
node $built/copy.mjs "$@"
