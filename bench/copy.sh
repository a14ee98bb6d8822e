#!/usr/bin/env bash
# Copies 1 GiB beside nbdcopy and qemu-img, and prints the ratios (bench/README.md). Options: those of bench/copy.ts.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

need nbdkit libnbd-bin qemu-utils
for program in nbdkit nbdcopy qemu-img; do
  command -v $program >/dev/null || die "needs $program. Install it and run this again."
done
install_node_modules
bash build.sh
built=build/bench
mkdir -p $built
. bench/peers/build.sh
install_vates || say 'could not install @vates/nbd-client: going on without it'
bundle_vates bench/peers/vates_copy.ts
npx --no-install esbuild --log-level=warning --bundle --platform=node --format=esm --target=node20 \
  --packages=external --out-extension:.js=.mjs --outdir=$built bench/copy.ts bench/copy_ours.ts
node $built/copy.mjs "$@"
