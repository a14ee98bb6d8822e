# Finds or makes an Emscripten that is new enough. Sourced; sets `stage`, the folder that has a folder for each module, and
# defines `run_emcc MODULE ARGUMENT...`, which runs emcc in the module's.

oldest_emcc=3.1.69

new_enough() {
  local version
  version=$("$1" --version 2>/dev/null | sed -n '1s/.* \([0-9]\+\.[0-9]\+\.[0-9]\+\).*/\1/p')
  [ -n "$version" ] && [ "$(printf '%s\n' $oldest_emcc "$version" | sort --version-sort | head -n 1)" = $oldest_emcc ]
}

find_emcc() {
  local candidate
  for candidate in "$(command -v emcc || true)" "${EMSDK:+$EMSDK/upstream/emscripten/emcc}"; do
    if [ -n "$candidate" ] && [ -x "$candidate" ] && new_enough "$candidate"; then
      printf '%s\n' "$candidate"
      return
    fi
  done
  return 1
}

# A Debian root of its own, made once and used by every clone: bookworm's package of Emscripten is too old.
debian_root=$cache/trixie
make_debian_root() {
  [ -x "$debian_root/usr/bin/emcc" ] && return
  need debootstrap
  mkdir -p "$cache"
  exec 9>"$cache/lock"
  flock 9 # two clones may be building for the first time
  if [ ! -x "$debian_root/usr/bin/emcc" ]; then
    say "making a private Debian root with Emscripten in $debian_root (about 90 s, once)"
    rm -rf "$debian_root.partial"
    debootstrap --variant=minbase --include=emscripten trixie "$debian_root.partial" "$(debian_mirror)" \
      >"$cache/debootstrap.log" 2>&1 || die "debootstrap failed; see $cache/debootstrap.log"
    mv "$debian_root.partial" "$debian_root"
  fi
  exec 9>&-
}

if native=$(find_emcc); then
  stage=$PWD/build/stage
  run_emcc() { (cd "$stage/$1" && "$native" "${@:2}"); }
elif is_debian && [ "$(id -u)" = 0 ]; then
  make_debian_root
  # Nothing is mounted, which a container may forbid: inputs are copied into the root, and the outputs out of it.
  inside=/srv/$(printf '%s' "$PWD" | sha256sum | cut -c1-16)
  stage=$debian_root$inside
  run_emcc() {
    chroot "$debian_root" env --ignore-environment --chdir="$inside/$1" PATH=/usr/bin:/bin HOME=/root LC_ALL=C.UTF-8 \
      emcc "${@:2}"
  }
else
  die "needs Emscripten $oldest_emcc or newer. Install it (https://emscripten.org/docs/getting_started) and put emcc on" \
    "the PATH or set EMSDK; on Debian, run this once as root and it makes its own."
fi

# The C library that is in every module is Emscripten's musl; its notice goes into the package.
keep_musl_notice() {
  local folder
  for folder in "$(dirname "$(readlink -f "${native:-/}")")" "$debian_root/usr/share/emscripten"; do
    [ -f "$folder/system/lib/libc/musl/COPYRIGHT" ] || continue
    cp "$folder/system/lib/libc/musl/COPYRIGHT" build/musl.COPYRIGHT
    return
  done
  die "found no notice of musl beside Emscripten: system/lib/libc/musl/COPYRIGHT."
}
