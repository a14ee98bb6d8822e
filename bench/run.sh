#!/usr/bin/env bash
# Benchmarks: sets up what they need, and runs them. Options: --quick, --only REGEX (bench/README.md).
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

need gcc libc6-dev nbdkit libnbd-bin openssl bc
for program in gcc nbdkit nbdcopy openssl; do
  command -v $program >/dev/null || die "needs $program. Install it and run this again."
done
install_node_modules
bash build.sh

built=build/bench
mkdir -p $built
. bench/peers.sh
build_native
install_vates || say 'could not install @vates/nbd-client: going on without it'

npx --no-install esbuild --log-level=warning --bundle --platform=node --format=esm --target=node20 \
  --external:libnbd-wasm --external:@vates/nbd-client --out-extension:.js=.mjs --outdir=$built \
  bench/main.ts bench/ours.ts
if [ -d $vates/node_modules/@vates/nbd-client ]; then
  # Its own folder, so that Node finds the package beside it.
  npx --no-install esbuild --log-level=warning --bundle --platform=node --format=esm --target=node20 \
    --external:@vates/nbd-client --outfile=$vates/vates.mjs bench/vates.ts
fi
node $built/main.mjs "$@"
