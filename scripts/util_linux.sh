#!/usr/bin/env bash
# Builds blkid and sfdisk of the util-linux that blkid.wasm is made of, for this machine: the tests compare with them, since a
# distribution's own may be older. They stay in the cache, for all clones.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

scripts/source.sh
tools=$cache/util-linux-native
built() { [ -x "$tools/blkid" ] && [ -x "$tools/sfdisk" ] && cmp -s build/util-linux.origin "$tools/origin"; }
built && exit
need_program gcc gcc libc6-dev
need_program make make
mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9 # two clones may be building for the first time
built && exit
say 'building blkid and sfdisk for the tests'
rm -rf "$tools" "$tools.partial"
mkdir -p "$tools.partial"
folder=$PWD/build/util-linux
(
  cd "$tools.partial"
  "$folder/configure" --disable-shared --enable-static --disable-nls --disable-liblastlog2 --disable-pam-lastlog2 --disable-asciidoc \
    --without-python --without-systemd --without-udev --without-ncurses --without-ncursesw --without-tinfo --without-readline \
    --without-cap-ng --without-econf &&
    make -j"$(nproc)" blkid sfdisk
) >"$cache/util-linux-native.log" 2>&1 || die "util-linux cannot be built; see $cache/util-linux-native.log"
mkdir -p "$tools"
cp "$tools.partial/blkid" "$tools.partial/sfdisk" "$tools"
cp build/util-linux.origin "$tools/origin"
rm -rf "$tools.partial"
