#!/usr/bin/env bash
# Benchmarks: sets up what they need, and runs them. Options: --quick, --only REGEX (bench/README.md).
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh
. bench/set_up.sh

need gcc libc6-dev nbdkit libnbd-bin openssl bc chromium websockify
need_programs gcc nbdkit nbdcopy openssl
find_chromium
export WEBSOCKIFY=${WEBSOCKIFY:-$(first_of websockify)}
[ -n "$CHROMIUM" ] || say 'there is no Chromium: leaving its cases out'
[ -n "$WEBSOCKIFY" ] || say 'there is no websockify: measuring our own proxy alone'
build_package

. bench/peers/build.sh
build_native
build_relay
install_vates || say 'could not install @vates/nbd-client: going on without it'

for_node bench/main.ts bench/ours.ts bench/peers/floor.ts bench/through_proxy.ts bench/chromium.ts
for_page bench/page.ts
bundle_vates bench/peers/vates.ts
node $built/main.mjs "$@"
