#!/usr/bin/env bash
# The long runs: what the tests do for seconds, for as long as it takes to trust it. Arguments go to vitest.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

install_node_modules
bash build.sh
need xz-utils
scripts/util_linux.sh
need nbdkit qemu-utils nbd-server gnutls-bin iproute2
scripts/libnbd_tools.sh
export CAMPAIGN_RUNS=${CAMPAIGN_RUNS:-300}  # random sequences of operations, of each kind of disk
export CAMPAIGN_KILLS=${CAMPAIGN_KILLS:-24} # of each server, with each number of connections
export CAMPAIGN_COPIES=${CAMPAIGN_COPIES:-50} # whose servers are killed
export CAMPAIGN_DISKS=${CAMPAIGN_DISKS:-1000} # that are damaged, of each kind, and probed or walked
export CAMPAIGN_C_TESTS=all                 # of upstream's tests in C, in place of a few
npx --no-install vitest run --project node --testTimeout 7200000 test/lasting test/copy/killed.test.ts test/probe/hostile.test.ts test/files/hostile.test.ts test/files/hostile_seven.test.ts \
  test/upstream_c "$@"
