#!/usr/bin/env bash
# Lays libnbd's source in build/libnbd, from the submodule, a cached release tarball, or the place that has either.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

version=1.22.2
sha256=bdc403af00fd1c9b5ed20503765496a81c2d0197af550765af3dee196e8519ca
tarball=$cache/libnbd-$version.tar.gz

verified() { [ -f "$1" ] && [ "$(sha256sum "$1" | cut -d' ' -f1)" = $sha256 ]; }
submodule_is_checked_out() { [ -f libnbd/generator/API.ml ]; }

fetch_submodule() {
  git rev-parse --git-dir >/dev/null 2>&1 || return 1
  say 'fetching the submodule libnbd'
  GIT_TERMINAL_PROMPT=0 timeout 120 git submodule --quiet update --init libnbd 2>/dev/null && submodule_is_checked_out
}

# Debian's source package has upstream's release tarball, unchanged. Lists and sources are private to this call, so
# that the machine's own apt configuration stays as it is.
fetch_debian_source() {
  is_debian || return 1
  local mirror private options
  mirror=$(debian_mirror)
  private=$(mktemp -d)
  trap 'rm -rf "$private"' EXIT
  mkdir -p "$private/lists/partial" "$private/parts"
  echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror trixie main" >"$private/sources.list"
  options=(--quiet=2 -o Dir::Etc::SourceList="$private/sources.list" -o Dir::Etc::SourceParts="$private/parts"
    -o Dir::State::Lists="$private/lists" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o APT::Sandbox::User=root)
  say "fetching the source of libnbd $version from Debian"
  apt-get "${options[@]}" update >&2
  (cd "$private" && apt-get "${options[@]}" source --download-only libnbd >&2)
  verified "$private/libnbd_$version.orig.tar.gz" || return 1
  mkdir -p "$cache"
  cp "$private/libnbd_$version.orig.tar.gz" "$tarball.$$"
  mv "$tarball.$$" "$tarball"
}

# Only what has changed is copied, with its times, so that a second build finds nothing to do.
if ! submodule_is_checked_out && ! verified "$tarball"; then
  fetch_submodule || fetch_debian_source || die "has no source of libnbd $version. Run 'git submodule update --init', or" \
    "put upstream's libnbd-$version.tar.gz (SHA-256 $sha256) at $tarball."
fi
mkdir -p build
if submodule_is_checked_out; then
  origin="submodule $(find libnbd -type f -not -path '*/.git*' -printf '%p %s %T@\n' | sort | sha256sum)"
else
  verified "$tarball" || die "$tarball is not upstream's release (its SHA-256 differs). Remove it and run this again."
  origin="tarball $sha256"
fi
if [ "$origin" != "$(cat build/libnbd.origin 2>/dev/null)" ]; then
  rm -rf build/libnbd build/libnbd.origin
  mkdir build/libnbd
  if submodule_is_checked_out; then
    tar --directory=libnbd --exclude=./.git --create . | tar --directory=build/libnbd --extract
  else
    tar --directory=build/libnbd --strip-components=1 --extract --file="$tarball"
  fi
  printf '%s\n' "$origin" >build/libnbd.origin
fi
