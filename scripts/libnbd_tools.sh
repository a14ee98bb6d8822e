#!/usr/bin/env bash
# Builds nbdinfo, nbddump and nbdcopy of the libnbd that libnbd.wasm is made of, for this machine: the tests compare with them, since a
# distribution's own may be older. With them goes functions.sh, which upstream's shell tests need. They stay in the cache, for all clones.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

scripts/source.sh
# Upstream's configure writes into functions.sh which of these there are: what it does not find, its tests do without in silence.
need_program nbdkit nbdkit
need_program qemu-nbd qemu-utils
need_program psktool gnutls-bin
need_program certtool gnutls-bin
need_program jq jq # this and the next are what the tests themselves call
need_program hexdump bsdextrautils
tools=$cache/libnbd-native
built() {
  local file
  for file in nbdinfo nbddump nbdcopy functions.sh; do [ -e "$tools/$file" ] || return; done
  cmp -s build/libnbd.origin "$tools/origin"
}
built && exit
need_program gcc gcc libc6-dev
need_program make make
need_program pkg-config pkg-config
need libxml2-dev libgnutls28-dev
mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9 # two clones may be building for the first time
built && exit
say 'building nbdinfo, nbddump and nbdcopy for the tests'
rm -rf "$tools" "$tools.partial"
cp -a build/libnbd "$tools.partial" # configure and make write beside the sources
if [ ! -e build/libnbd/configure ]; then # a git checkout, not a release
  need_program autoreconf autoconf automake
  need_program libtoolize libtool
fi
build_tools() {
  cd "$tools.partial"
  [ -e configure ] || autoreconf --install
  ./configure --disable-shared --enable-static \
    --disable-ocaml --disable-python --disable-golang --disable-rust --disable-fuse --disable-ublk
  # Without these libraries configure goes on, and what it makes knows no URIs or no TLS.
  grep -qx '#define HAVE_LIBXML2 1' config.h
  grep -qx '#define HAVE_GNUTLS 1' config.h
  touch generator/stamp-generator # build.sh has run the generator where that was called for
  local folder
  for folder in common/utils lib; do make -j"$(nproc)" -C "$folder"; done
  for folder in info dump copy; do make -j"$(nproc)" -C "$folder" "nbd$folder"; done
}
# A shell of its own: `set -e` is off in whatever `||` follows.
export -f build_tools
export tools
bash -euo pipefail -c build_tools >"$cache/libnbd-native.log" 2>&1 || die "libnbd's tools cannot be built; see $cache/libnbd-native.log"
mkdir -p "$tools"
for folder in info dump copy; do cp "$tools.partial/$folder/nbd$folder" "$tools"; done
cp "$tools.partial/tests/functions.sh" "$tools"
cp build/libnbd.origin "$tools/origin"
rm -rf "$tools.partial"
