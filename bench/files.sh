#!/usr/bin/env bash
# Lists and reads the files of disks beside debugfs and 7-Zip, and prints tables (bench/README.md). Options: those of bench/files.ts.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh
. bench/set_up.sh

need nbdkit e2fsprogs squashfs-tools genisoimage dosfstools mtools qemu-utils 7zip
need_programs nbdkit mke2fs debugfs dumpe2fs mksquashfs genisoimage mkfs.fat mcopy qemu-img
SEVEN_ZIP=$(first_of 7zz 7z)
export SEVEN_ZIP
[ -n "$SEVEN_ZIP" ] || say 'there is no 7-Zip (7zz or 7z): leaving it out'
build_package
for_node bench/files.ts
node $built/files.mjs "$@"
