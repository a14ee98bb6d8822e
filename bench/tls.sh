#!/usr/bin/env bash
# Compares TLS with plain connections, in Node and in a page of Chromium through the proxy (bench/README.md).
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

need chromium nbdkit openssl
export CHROMIUM=${CHROMIUM:-$(first_of chromium google-chrome chromium-browser)}
[ -n "$CHROMIUM" ] || die 'needs Chromium. Install it, or name its program in the variable CHROMIUM, and run this again.'
install_node_modules
bash build.sh
mkdir -p build/bench
npx --no-install esbuild --log-level=warning --bundle --platform=node --format=esm --target=node20 \
  --packages=external --out-extension:.js=.mjs --outdir=build/bench bench/tls.ts
npx --no-install esbuild --log-level=warning --bundle --format=esm --alias:libnbd-wasm=./dist/browser.js \
  --outfile=build/bench/tls_page.js bench/tls_page.ts
node build/bench/tls.mjs "$@"
