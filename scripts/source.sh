#!/usr/bin/env bash
# Lays upstream's sources in build/: libnbd, and libxml2, of which libnbd's URIs need one file. Each comes from its submodule,
# a cached tarball, or the place that has either.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

private=
trap 'rm -rf "${private:-}"' EXIT

submodule_is_checked_out() { [ -n "$(ls -A "$1" 2>/dev/null)" ]; }
verified() { [ -f "$1" ] && [ "$(sha256sum "$1" | cut -d' ' -f1)" = "$2" ]; }

fetch_submodule() {
  git rev-parse --git-dir >/dev/null 2>&1 || return 1
  say "fetching the submodule $1"
  GIT_TERMINAL_PROMPT=0 timeout 120 git submodule --quiet update --init "$1" 2>/dev/null && submodule_is_checked_out "$1"
}

# Lists and sources are private to this run, so that the machine's own apt configuration stays as it is.
apt_sources() {
  if [ -z "$private" ]; then
    private=$(mktemp -d)
    mkdir -p "$private/lists/partial" "$private/parts"
    echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(debian_mirror) trixie main" >"$private/sources.list"
  fi
  apt-get --quiet=2 -o Dir::Etc::SourceList="$private/sources.list" -o Dir::Etc::SourceParts="$private/parts" \
    -o Dir::State::Lists="$private/lists" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o APT::Sandbox::User=root "$@" >&2
}

# Debian's source packages hold upstream's tarballs.
fetch_debian_source() {
  local name=$1 sha256=$2 cached=$3 tarball
  is_debian || return 1
  say "fetching the source of $name from Debian"
  apt_sources update
  (cd "$private" && apt_sources source --download-only "$name")
  for tarball in "$private/$name"_*.orig.tar.?z; do
    verified "$tarball" "$sha256" || continue
    mkdir -p "$cache"
    cp "$tarball" "$cached.$$"
    mv "$cached.$$" "$cached"
    return
  done
  return 1
}

# lay NAME VERSION TARBALL SHA256: the source in build/NAME, and unpacked again only when it has changed.
lay() {
  local name=$1 version=$2 cached=$cache/$3 sha256=$4 origin
  if ! submodule_is_checked_out "$name" && ! verified "$cached" "$sha256"; then
    fetch_submodule "$name" || fetch_debian_source "$name" "$sha256" "$cached" ||
      die "has no source of $name $version. Run 'git submodule update --init $name', or put the tarball with" \
        "the SHA-256 $sha256 at $cached."
  fi
  if submodule_is_checked_out "$name"; then
    origin="submodule $(find "$name" -type f -not -path '*/.git*' -printf '%p %s %T@\n' | sort | sha256sum)"
  else
    origin="tarball $sha256"
  fi
  [ "$origin" != "$(cat "build/$name.origin" 2>/dev/null)" ] || return 0
  rm -rf "build/$name" "build/$name.origin"
  mkdir -p "build/$name"
  if submodule_is_checked_out "$name"; then
    tar --directory="$name" --exclude=./.git --create . | tar --directory="build/$name" --extract
  else
    tar --directory="build/$name" --strip-components=1 --extract --file="$cached"
  fi
  printf '%s\n' "$origin" >"build/$name.origin"
}

lay libnbd 1.22.2 libnbd-1.22.2.tar.gz bdc403af00fd1c9b5ed20503765496a81c2d0197af550765af3dee196e8519ca
lay libxml2 2.9.14 libxml2-2.9.14.tar.xz 4fe913dec8b1ab89d13b489b419a8203176ea39e931eaa0d25b17eafb9c279e9
