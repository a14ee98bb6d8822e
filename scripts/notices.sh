#!/usr/bin/env bash
# Writes dist/THIRD-PARTY-NOTICES: what the WebAssembly modules are made of, where the sources are, how to make the modules anew, and
# the notices that their licences ask for.
set -euo pipefail
cd "$(dirname "$0")/.."

section() { printf '\n--- %s ---\n\n' "$1"; }

# NAME VERSION TARBALL SHA256 of each source, as scripts/source.sh has them.
sources() { sed -n 's/^lay //p' scripts/source.sh; }

cat <<'END'
THIRD-PARTY NOTICES of libnbd-wasm

libnbd-wasm itself is under the LGPL-2.1-or-later: the file LICENSE. Its WebAssembly modules are compiled from the sources below, as they
are, and from the C and C++ in the folder wasm/ of libnbd-wasm's own source, which are under its licence.

libnbd.wasm  libnbd, Copyright Red Hat and its other authors, LGPL-2.1-or-later; uri.c of libxml2, MIT
blkid.wasm   libblkid of util-linux, LGPL-2.1-or-later
ext2.wasm    libext2fs of e2fsprogs, LGPL-2; libet, MIT
7z.wasm      handlers and decoders of 7-Zip, LGPL-2.1-or-later, BSD 3-clause, BSD 2-clause and public domain; nothing of unRAR
tls.wasm     Mbed TLS, Apache-2.0
all          the C library of Emscripten, which is musl and Emscripten's own code, MIT; compiler-rt, and in 7z.wasm libc++ and libc++abi, of
             LLVM, Apache-2.0 with LLVM's exception, which asks for no notice in what is compiled

dist/inspector/THIRD-PARTY-NOTICES has the notice of Lit, BSD 3-clause, which is in the inspector's script. The package ws, MIT, is not
in here: npm installs it beside this package, with its own LICENSE.

END
section 'the sources, and how to make the modules anew'
sources | while read -r name version tarball sha256; do
  printf '%s %s\n  %s\n  SHA-256 %s\n' "$name" "$version" "$tarball" "$sha256"
done
cat <<'END'

Each is the tarball that Debian 13 (trixie) has as the original source of its package of this name: "apt-get source --download-only NAME"
fetches it, under a name of Debian's. The SHA-256 tells whether it is the same file.

In a clone of libnbd-wasm, "npm run build" (build.sh) fetches these files, checks their sums, and compiles the modules with Emscripten.
To use a changed libnbd, put its source into the folder libnbd/ before; of another, put a tarball into ~/.cache/libnbd-wasm and its sum
into scripts/source.sh. A module can also be replaced by itself: it is a file in dist/, and load({ wasm }) takes another.
END
section 'libxml2'
cat build/libxml2/Copyright
section 'util-linux, libblkid'
cat build/util-linux/libblkid/COPYING
section 'e2fsprogs: what is said of lib/ext2fs, and the notice of lib/et'
sed '/^---/,$d' build/e2fsprogs/NOTICE
sed -n '/^ \* %Begin-Header%/,/^ \* %End-Header%/p;/^ \* Copyright/,/^ \*\//p' build/e2fsprogs/lib/et/com_err.c
section '7-Zip'
cat build/7zip/DOC/License.txt
section 'Mbed TLS: of the two licences it is under, the first is taken'
sed '/GNU GENERAL PUBLIC LICENSE/,$d' build/mbedtls/LICENSE
section 'musl'
cat build/musl.COPYRIGHT
section 'Emscripten'
cat <<'END'
Copyright (c) 2010-2022 The Emscripten Authors

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the
"Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish,
distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to
the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF
MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY
CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE
SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
END
