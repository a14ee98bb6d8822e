#!/usr/bin/env bash
# Lists and reads the files of disks beside debugfs and 7-Zip, and prints tables (bench/README.md). Options: those of bench/files.ts.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

need nbdkit e2fsprogs squashfs-tools genisoimage dosfstools mtools qemu-utils 7zip
for program in nbdkit mke2fs debugfs dumpe2fs mksquashfs genisoimage mkfs.fat mcopy qemu-img; do
  command -v $program >/dev/null || die "needs $program. Install it and run this again."
done
SEVEN_ZIP=$(first_of 7zz 7z)
export SEVEN_ZIP
[ -n "$SEVEN_ZIP" ] || say 'there is no 7-Zip (7zz or 7z): leaving it out'
install_node_modules
bash build.sh
mkdir -p build/bench
npx --no-install esbuild --log-level=warning --bundle --platform=node --format=esm --target=node20 \
  --packages=external --out-extension:.js=.mjs --outdir=build/bench bench/files.ts
node build/bench/files.mjs "$@"
