#!/usr/bin/env bash
# All tests, after all set-up. The last line is the sum: N passed, N failed, N skipped.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

install_node_modules
need nbdkit qemu-utils nbd-server libnbd-bin python3 python3-libnbd openssl gnutls-bin file e2fsprogs util-linux procps \
  websockify nginx-light chromium chromium-headless-shell firefox-esr \
  xz-utils dosfstools exfatprogs ntfs-3g xfsprogs btrfs-progs f2fs-tools squashfs-tools genisoimage xorriso wimtools mtools cryptsetup-bin fdisk \
  bsdutils zsh man-db groff-base mandoc
for program in nbdkit qemu-nbd nbd-server nbdinfo nbddump python3 openssl file setpriv xz mksquashfs genisoimage xorriso wimapply mkntfs zsh script man mandoc mcopy; do
  command -v $program >/dev/null || die "the tests need the program $program. Install it and run this again."
done
export CHROMIUM=${CHROMIUM:-$(first_of chromium google-chrome chromium-browser)}
export CHROMIUM_SHELL=${CHROMIUM_SHELL:-$(first_of chromium-headless-shell chrome-headless-shell "$CHROMIUM")}
export FIREFOX=${FIREFOX:-$(first_of firefox-esr firefox)}
[ -n "$CHROMIUM" ] && [ -n "$FIREFOX" ] ||
  die 'the tests need Chromium and Firefox. Install them, or name their programs in the variables CHROMIUM and FIREFOX.'
bash scripts/check.sh # which builds first
scripts/util_linux.sh
scripts/libnbd_tools.sh
scripts/runtimes.sh
npx --no-install vitest run "$@"
