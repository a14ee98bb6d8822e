#!/usr/bin/env bash
# Compares TLS with plain connections, in Node and in a page of Chromium through the proxy (bench/README.md).
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh
. bench/set_up.sh

need chromium nbdkit openssl
need_chromium
build_package
for_node bench/tls.ts
for_page bench/tls_page.ts
node $built/tls.mjs "$@"
