#!/usr/bin/env bash
# Benchmarks: sets up what they need, and runs them. Options: --quick, --only REGEX (bench/README.md).
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

need gcc libc6-dev nbdkit libnbd-bin openssl bc chromium websockify
for program in gcc nbdkit nbdcopy openssl; do
  command -v $program >/dev/null || die "needs $program. Install it and run this again."
done
export CHROMIUM=${CHROMIUM:-$(first_of chromium google-chrome chromium-browser)}
export WEBSOCKIFY=${WEBSOCKIFY:-$(first_of websockify)}
[ -n "$CHROMIUM" ] || say 'there is no Chromium: leaving its cases out'
[ -n "$WEBSOCKIFY" ] || say 'there is no websockify: measuring our own proxy alone'
install_node_modules
bash build.sh

built=build/bench
mkdir -p $built
. bench/peers/build.sh
build_native
build_relay
install_vates || say 'could not install @vates/nbd-client: going on without it'

npx --no-install esbuild --log-level=warning --bundle --platform=node --format=esm --target=node20 \
  --packages=external --entry-names=[name] --out-extension:.js=.mjs --outdir=$built \
  bench/main.ts bench/ours.ts bench/peers/floor.ts bench/through_proxy.ts bench/chromium.ts
npx --no-install esbuild --log-level=warning --bundle --format=esm --alias:libnbd-wasm=./dist/browser.js \
  --outfile=$built/page.js bench/page.ts
bundle_vates bench/peers/vates.ts
node $built/main.mjs "$@"
