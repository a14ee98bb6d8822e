# How libnbd is compiled: for libnbd.wasm (build.sh), and for programs in C (emscripten/). Sourced, after its source was fetched.

libnbd=build/libnbd

package_version=$(sed -n 's/^AC_INIT(\[libnbd\],\[\([0-9.]*\)\])$/\1/p' $libnbd/configure.ac)
[ -n "$package_version" ] || die "found no version in $libnbd/configure.ac"

c_flags=(
  -Oz                       # a page loads this module: small first; the hot path is in JavaScript
  -fno-inline               # left to the linker's optimizer, which sees the whole module: 4 % smaller
  -std=gnu11                # upstream's dialect
  -fno-builtin-memset       # memset stays a call, which posix.c redirects when the address is a virtual one
  -Wno-unused-value         # upstream's `x ? : y`
  -D_GNU_SOURCE             # asprintf, strchrnul, as upstream's configure sets it
  "-DPACKAGE_VERSION=\"$package_version\""
  '-Dsysconfdir="/etc"'     # where upstream looks for TLS certificates
  -Iwasm                    # config.h, and an assert.h that keeps no texts
  -Ilibnbd/include -Ilibnbd/lib -Ilibnbd/common/include -Ilibnbd/common/utils
  -Ilibxml2/include -Ilibxml2
)

# What is compiled of it, beside files of wasm/; and what that is made of.
libnbd_sources=()
for name in aio api connect crypto debug disconnect errors flags handle is-state opt poll protocol rw socket states states-run uri \
  utils; do
  libnbd_sources+=("libnbd/lib/$name.c")
done
libnbd_sources+=(libnbd/common/utils/vector.c libxml2/uri.c)
libnbd_files=($libnbd/lib $libnbd/include $libnbd/common build/libxml2/uri.c build/libxml2/*.h build/libxml2/include wasm/*.h wasm/libxml)

# compile_libnbd MODULE SOURCE...: makes the objects of libnbd, and of these sources of wasm/.
compile_libnbd() {
  local module=$1 plain=() source
  shift
  for source in "${libnbd_sources[@]}" "$@"; do
    [ "$source" = libnbd/lib/opt.c ] || plain+=("$source")
  done
  compile "$module" "${c_flags[@]}" -- "${plain[@]}"
  # tls.c is there in GnuTLS's place, and opt.c asks only whether there is TLS at all
  compile "$module" "${c_flags[@]}" -DHAVE_GNUTLS -- libnbd/lib/opt.c
}

# libnbd_wraps SOURCE...: the linker's flags for the names that these sources of wasm/ take over.
libnbd_wraps() { sed -n 's/^WRAP ([^,]*, \([a-z_0-9]*\),.*/-Wl,--wrap=\1/p' "$@"; }
