# Shared by the scripts of this folder and build.sh: where caches live, how to speak, how to install Debian packages.

cache=${XDG_CACHE_HOME:-$HOME/.cache}/libnbd-wasm

say() { printf '%s\n' "libnbd-wasm: $*" >&2; }
die() { say "$*"; exit 1; }

is_debian() { command -v apt-get >/dev/null && [ -e /etc/debian_version ]; }
installed() { [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# Package lists are needed before anything can be installed or fetched; a machine made from an image has none.
refresh_package_lists() {
  [ -z "${lists_are_fresh-}" ] || return 0
  say 'fetching the package lists'
  apt-get update --quiet=2 >&2
  lists_are_fresh=1
}

# need PACKAGE...: these Debian packages are installed, or the user is told the one command that does it.
need() {
  local missing=() package
  is_debian || return 0 # elsewhere the caller looks for the programs themselves
  for package; do installed "$package" || missing+=("$package"); done
  [ ${#missing[@]} -gt 0 ] || return 0
  [ "$(id -u)" = 0 ] || die "needs packages that are not installed. Run: sudo apt-get install ${missing[*]}"
  refresh_package_lists
  say "installing ${missing[*]}"
  DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet=2 -o Dpkg::Use-Pty=0 --no-install-recommends "${missing[@]}" >&2
}

# need_program PROGRAM PACKAGE...: the same, for a program that may also have come another way.
need_program() {
  local program=$1
  shift
  command -v "$program" >/dev/null && return 0
  need "$@"
  command -v "$program" >/dev/null || die "needs the program $program. Install it (Debian's packages: $*) and run this again."
}

# first_of PROGRAM...: where the first of them is that there is; nothing where there is none.
first_of() {
  local program
  for program; do command -v "$program" && return; done
  return 0
}

# The Debian mirror that this machine itself is configured for.
debian_mirror() {
  local site
  refresh_package_lists
  site=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' | head -n 1)
  [ -n "$site" ] || die "found no Debian mirror in this machine's apt configuration."
  printf '%s\n' "$site"
}

# The development tools, as package-lock.json names them.
install_node_modules() {
  command -v node >/dev/null || die 'needs Node.js 20.19 or newer. Install it and run this again.'
  [ node_modules/.package-lock.json -nt package-lock.json ] && return
  say 'installing the node modules'
  npm ci --no-audit --no-fund --loglevel=error >&2
  touch node_modules/.package-lock.json
}
