#!/usr/bin/env bash
# All tests, after all set-up. The last line is the sum: N passed, N failed, N skipped.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

install_node_modules
need nbdkit qemu-utils nbd-server libnbd-bin python3 python3-libnbd openssl file e2fsprogs util-linux procps \
  websockify nginx-light
for program in nbdkit qemu-nbd nbd-server nbdinfo nbddump python3 openssl file setpriv; do
  command -v $program >/dev/null || die "the tests need the program $program. Install it and run this again."
done
bash build.sh
bash scripts/check.sh
npx --no-install vitest run "$@"
