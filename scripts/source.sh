#!/usr/bin/env bash
# Lays upstream's sources in build/: libnbd; libxml2, of which libnbd's URIs need one file; util-linux, which has libblkid. Each comes
# from its submodule, if it has one, from a cached tarball, or from Debian's source package, which holds the same tarball.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

private=
trap 'rm -rf "${private:-}"' EXIT

verified() { [ -f "$1" ] && [ "$(sha256sum "$1" | cut -d' ' -f1)" = "$2" ]; }
has_submodule() { grep -qsF "[submodule \"$1\"]" .gitmodules; }
submodule_is_checked_out() { has_submodule "$1" && [ -n "$(ls -A "$1" 2>/dev/null)" ]; }

fetch_submodule() {
  has_submodule "$1" && git rev-parse --git-dir >/dev/null 2>&1 || return 1
  say "fetching the submodule $1"
  GIT_TERMINAL_PROMPT=0 timeout 120 git submodule --quiet update --init "$1" 2>/dev/null && submodule_is_checked_out "$1"
}

# Lists are private to this run, so that the machine's own apt configuration stays as it is, and with them what apt knows of
# installed packages: it would look for the source of those versions.
private_lists() {
  [ -z "$private" ] || return 0
  private=$(mktemp -d)
  mkdir -p "$private/lists/partial" "$private/parts"
  echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(debian_mirror) trixie main" >"$private/sources.list"
  apt_options=(-o Dir::Etc::SourceList="$private/sources.list" -o Dir::Etc::SourceParts="$private/parts"
    -o Dir::State::Lists="$private/lists" -o Dir::State::status=/dev/null -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=
    -o APT::Sandbox::User=root)
  apt-get --quiet=2 "${apt_options[@]}" update >&2
}

# Of a source package only upstream's tarball is fetched, since mirrors lack other parts of some.
fetch_debian_tarball() {
  local name=$1 sha256=$2 cached=$3 address
  is_debian || return 1
  say "fetching the source of $name from Debian"
  private_lists
  address=$(apt-get --quiet=2 "${apt_options[@]}" source --print-uris "$name" | sed -n "s/^'\(.*\)' .* SHA256:$sha256 *$/\1/p")
  [ -n "$address" ] || return 1
  mkdir -p "$cache"
  /usr/lib/apt/apt-helper --quiet=2 "${apt_options[@]}" download-file "$address" "$private/tarball" "SHA256:$sha256" >&2
  verified "$private/tarball" "$sha256" && cp "$private/tarball" "$cached.$$" && mv "$cached.$$" "$cached"
}

# unpack TARBALL FOLDER: what the tarball holds, or what its one folder holds: not every release is in a folder.
unpack() {
  local tarball=$1 folder=$2 top
  rm -rf "$folder.unpacked"
  mkdir -p "$folder.unpacked"
  tar --directory="$folder.unpacked" --extract --file="$tarball"
  top=("$folder.unpacked"/*)
  [ ${#top[@]} = 1 ] || top=("$folder.unpacked")
  mv "${top[0]}" "$folder"
  rm -rf "$folder.unpacked"
}

# lay NAME VERSION TARBALL SHA256: the source in build/NAME, and unpacked again only when it has changed.
lay() {
  local name=$1 version=$2 cached=$cache/$3 sha256=$4 origin
  if ! submodule_is_checked_out "$name" && ! verified "$cached" "$sha256"; then
    fetch_submodule "$name" || fetch_debian_tarball "$name" "$sha256" "$cached" ||
      die "has no source of $name $version. Put the tarball with the SHA-256 $sha256 at $cached," \
        "and run this again$(! has_submodule "$name" || echo "; or run 'git submodule update --init $name' first")."
  fi
  if submodule_is_checked_out "$name"; then
    origin="submodule $(find "$name" -type f -not -path '*/.git*' -printf '%p %s %T@\n' | sort | sha256sum)"
  else
    origin="tarball $sha256"
  fi
  [ "$origin" != "$(cat "build/$name.origin" 2>/dev/null)" ] || return 0
  rm -rf "build/$name" "build/$name.origin"
  if submodule_is_checked_out "$name"; then
    mkdir -p "build/$name"
    tar --directory="$name" --exclude=./.git --create . | tar --directory="build/$name" --extract
  else
    unpack "$cached" "build/$name"
  fi
  printf '%s\n' "$origin" >"build/$name.origin"
}

lay libnbd 1.22.2 libnbd-1.22.2.tar.gz bdc403af00fd1c9b5ed20503765496a81c2d0197af550765af3dee196e8519ca
lay libxml2 2.9.14 libxml2-2.9.14.tar.xz 4fe913dec8b1ab89d13b489b419a8203176ea39e931eaa0d25b17eafb9c279e9
lay util-linux 2.41.5 util-linux-2.41.5.tar.xz f586e35d320ff537aab3ffeca37e9ecd482ccbe013590db4429a414d8aa6a728
lay e2fsprogs 1.47.2 e2fsprogs-1.47.2.tar.gz 6dcd67ff9d8b13274ba3f088e4318be4f5b71412cd863524423fc49d39a6371f
lay 7zip 25.01 7zip-25.01.tar.xz 077c424cd50001e2be8847892522bc83e807e0b9448af1b69512c03d769c88ef
lay mbedtls 3.6.6 mbedtls-3.6.6.tar.bz2 8fb65fae8dcae5840f793c0a334860a411f884cc537ea290ce1c52bb64ca007a
