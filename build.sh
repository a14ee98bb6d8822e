#!/usr/bin/env bash
# Builds everything: libnbd's source → its API as JSON → TypeScript; C → libnbd.wasm; TypeScript → dist/.
# A second build does only what a change calls for, and needs no network.
set -euo pipefail
cd "$(dirname "$0")"
. scripts/lib.sh
. scripts/wasm.sh

# --- libnbd's source, and what its generator writes: a release tarball has it, a git checkout does not ---------------

scripts/source.sh
. scripts/libnbd.sh

generate_c() {
  say "running libnbd's own generator"
  # Python, Go and Rust want formatters that we do without; the C needs none.
  printf 'let gofmt : string option = None\nlet rustfmt : string option = None\n' >$libnbd/generator/config.ml
  need_program ocamlc ocaml-nox
  need_program pod2text perl
  local modules=() module
  for module in config utils state_machine API state_machine_generator C docs Python OCaml GoLang RustSys Rust; do
    modules+=(generator/$module.mli generator/$module.ml)
  done
  (
    cd $libnbd
    ocamlc -w -a -I generator -I +str -I +unix str.cma unix.cma "${modules[@]}" generator/generator.ml \
      -o generator/generator
    generator/generator >/dev/null
  )
}
for file in lib/api.c lib/states.c lib/states-run.c lib/states.h lib/unlocked.h include/libnbd.h; do
  if [ ! -e $libnbd/$file ]; then
    generate_c
    break
  fi
done

describe_api() {
  need_program ocamlc ocaml-nox
  local ml=build/api
  rm -rf $ml
  mkdir -p $ml
  cp $libnbd/generator/{utils.mli,utils.ml,API.mli,API.ml} generator/api_json.ml $ml
  printf 'let gofmt : string option = None\nlet rustfmt : string option = None\n' >$ml/config.ml
  # Warning 8, a match that leaves out a case, is an error in our file: a new kind of argument must not pass in silence.
  (
    cd $ml
    ocamlc -w -a -I +str -I +unix -c config.ml utils.mli utils.ml API.mli API.ml
    ocamlc -w -a+8 -warn-error +8 -I +str -I +unix str.cma unix.cma config.cmo utils.cmo API.cmo api_json.ml -o api_json ||
      die "libnbd's API.ml has something that generator/api_json.ml does not know: teach it there, and generate.ts after it"
    ./api_json api.json >/dev/null
  )
}
once api build/api/api.json generator/api_json.ml $libnbd/generator/API.ml $libnbd/generator/utils.ml -- describe_api

# --- TypeScript from the API ------------------------------------------------------------------------------------------

generate_typescript() {
  npx --no-install esbuild --log-level=warning --bundle --platform=node --format=esm \
    --outfile=build/api/generate.mjs generator/generate.ts
  rm -rf src/generated
  node build/api/generate.mjs build/api/api.json src/generated build/api/exports.txt
}
once typescript src/generated/methods.ts generator build/api/api.json -- generate_typescript

# --- libnbd.wasm --------------------------------------------------------------------------------------------------------

link_flags=(
  -Oz                                       # as above
  --no-entry                                # a library: there is no main
  -sSTANDALONE_WASM                         # the module alone, with no JavaScript of Emscripten's: src/wasm/module.ts is all it needs
  -sSTRICT                                  # nothing deprecated, nothing implicit
  -sFILESYSTEM=0                            # libnbd opens no file but in calls that posix.c answers
  -sMALLOC=emmalloc                         # 6 KB smaller than the usual one, and a command allocates only once
  -sINITIAL_HEAP=131072                     # a handle takes 10 KB; payload never enters
  -sSTACK_SIZE=65536                        # the deepest frame is upstream's, about 5 KB
  -sALLOW_MEMORY_GROWTH                     # for thousands of handles, and for large block status replies
  -sMAXIMUM_MEMORY=1073741824               # below 2^31, where virtual addresses begin: a stray access traps
  # Once more over the whole module, flat and with its types and values known: 1 % smaller compressed. The states of upstream's machine stay
  # functions of their own, another 2 %: V8 optimizes a function as a whole, and took a tenth of a second for the machine in one piece, for
  # which even a process that was done had to wait.
  -sBINARYEN_EXTRA_PASSES=--one-caller-inline-max-function-size=40,--flatten,--rereloop,-Oz,--gufa-optimizing,-Oz
)

build_libnbd() {
  local wraps
  compile_libnbd libnbd wasm/*.c
  wraps=$(libnbd_wraps wasm/*.c)
  # shellcheck disable=SC2086 # one word each: the redirected names
  link libnbd "${link_flags[@]}" -sEXPORTED_FUNCTIONS=@api/exports.txt $wraps -- "${libnbd_sources[@]}" wasm/*.c
}
module libnbd "${libnbd_files[@]}" build/api/exports.txt wasm/*.c scripts/libnbd.sh

# The module as text, for bundles that are one file: dist/inline.js has it.
inline_libnbd() {
  printf "// libnbd.wasm in base64. Made by build.sh.\nexport const base64: string =\n  '%s';\n" "$(base64 --wrap=0 dist/libnbd.wasm)" \
    >src/generated/libnbd_wasm.ts
}
once inline src/generated/libnbd_wasm.ts dist/libnbd.wasm -- inline_libnbd

# --- blkid.wasm ---------------------------------------------------------------------------------------------------------

# What configure makes of blkid.h.in. The version and the date in it stay empty: nothing here asks for them.
mkdir -p build/blkid
sed 's/@LIBBLKID_[A-Z]*@//' build/util-linux/libblkid/src/blkid.h.in >build/blkid/blkid.h

blkid_c_flags=(
  -Oz                                       # a page loads this module: small first; a probe waits for the disk
  -std=gnu11                                # upstream's dialect
  -D_GNU_SOURCE                             # asprintf, mempcpy, as upstream's configure sets it
  -include wasm/blkid/config.h              # as upstream's makefiles include theirs
  -Iwasm/blkid                              # a debug.h and an assert.h that keep no texts
  -Iblkid -Iutil-linux/include -Iutil-linux/libblkid/src
)
blkid_link_flags=(
  -Oz --no-entry -sSTANDALONE_WASM -sSTRICT -sFILESYSTEM=0 # as for libnbd.wasm
  -sMALLOC=emmalloc                         # 6 KB smaller; a probe allocates some hundred times
  -sINITIAL_HEAP=524288                     # for a usual probe; it is put back before each call
  -sSTACK_SIZE=131072                       # the deepest frames are those of bcache and ZFS, some 40 KB
  -sALLOW_MEMORY_GROWTH                     # a GPT may have an array of entries of 8 MiB
  -sMAXIMUM_MEMORY=67108864                 # whatever a disk says; beyond it libblkid gets ENOMEM
  -Wl,--export=__stack_pointer              # src/wasm/replay.ts puts it back
)

build_blkid() {
  local upstream=util-linux sources=() wraps
  sources=($upstream/libblkid/src/{probe,encode}.c)
  for source in build/util-linux/libblkid/src/{partitions,superblocks}/*.c; do sources+=("${source#build/}"); done
  for name in crc32 crc32c crc64 encode md5 sha256 strutils xxhash; do sources+=("$upstream/lib/$name.c"); done
  sources+=(wasm/blkid/*.c)
  compile blkid "${blkid_c_flags[@]}" -- "${sources[@]}"
  wraps=$(sed -n 's/^WRAP ([^,]*, \([a-z_0-9]*\),.*/-Wl,--wrap=\1/p' wasm/blkid/*.c)
  # shellcheck disable=SC2086 # one word each: the redirected names
  link blkid "${blkid_link_flags[@]}" -sEXPORTED_FUNCTIONS=_nbd_blkid_probe,_nbd_blkid_partitions $wraps -- "${sources[@]}"
}
module blkid build/util-linux/libblkid/src build/util-linux/include build/util-linux/lib build/blkid wasm/blkid

# --- ext2.wasm ----------------------------------------------------------------------------------------------------------

# What upstream's makefiles generate: the table of errors, by their awk scripts.
mkdir -p build/ext2/ext2fs
for kind in h c; do
  awk -f build/e2fsprogs/lib/et/et_$kind.awk outfile=build/ext2/ext2fs/ext2_err.$kind outfn=ext2_err.$kind \
    build/e2fsprogs/lib/ext2fs/ext2_err.et.in
done

ext2_c_flags=(
  -Oz                                       # a page loads this module: small first; a call waits for the disk
  -std=gnu11                                # upstream's dialect
  -DHAVE_CONFIG_H                           # as upstream's makefiles do
  -Wno-deprecated-non-prototype -Wno-macro-redefined # upstream's ways
  -Iwasm/ext2 -Iwasm/ext2/ext2fs -Iext2 -Ie2fsprogs/lib -Ie2fsprogs/lib/ext2fs
)
ext2_link_flags=(
  -Oz --no-entry -sSTANDALONE_WASM -sSTRICT -sFILESYSTEM=0 # as for libnbd.wasm
  -sMALLOC=emmalloc                         # smaller; nothing is freed
  -sINITIAL_HEAP=1048576                    # for a usual file system; it is put back before each call
  -sSTACK_SIZE=131072                       # the deepest frames are those of links that lead to links
  -sALLOW_MEMORY_GROWTH                     # a file system of 16 TiB has 8 MiB of group descriptors
  -sMAXIMUM_MEMORY=134217728                # whatever a disk says; beyond it libext2fs gets ENOMEM
  -Wl,--wrap=ext2fs_lookup                  # wasm/ext2/directory.c
  -Wl,--export=__stack_pointer              # src/wasm/replay.ts puts it back
)

build_ext2() {
  local upstream=e2fsprogs/lib sources=() exports name
  for name in alloc alloc_sb alloc_stats alloc_tables atexit badblocks bb_inode bitmaps bitops blkmap64_ba blkmap64_rb blknum block \
    bmap check_desc closefs crc16 crc32c csum dblist dblist_dir dirblock dirhash dir_iterate expanddir ext_attr extent fallocate \
    fileio freefs gen_bitmap gen_bitmap64 get_num_dirs get_pathname getenv hashmap i_block icount ind_block initialize inline \
    inline_data inode io_manager link lookup mkjournal mmp namei native newdir nls_utf8 openfs orphan progress punch rbtree \
    read_bb res_gdt rw_bitmaps sha512 swapfs symlink unlink valid_blk; do
    sources+=("$upstream/ext2fs/$name.c")
  done
  for name in com_err error_message et_name init_et; do sources+=("$upstream/et/$name.c"); done
  # Upstream's program makes the table of CRCs.
  run_emcc ext2 "${ext2_c_flags[@]}" -o crc32c_table.js $upstream/ext2fs/gen_crc32ctable.c
  node "$stage/ext2/crc32c_table.js" >"$stage/ext2/ext2/crc32c_table.h"
  sources+=(ext2/ext2fs/ext2_err.c wasm/ext2/*.c)
  compile ext2 "${ext2_c_flags[@]}" -- "${sources[@]}"
  exports=$(sed -n 's/^\(nbd_ext2_[a-z_0-9]*\) (.*/_\1/p' wasm/ext2/ext2.c | paste -sd ,)
  link ext2 "${ext2_link_flags[@]}" -sEXPORTED_FUNCTIONS="$exports" -- "${sources[@]}"
}
module ext2 build/e2fsprogs/lib build/ext2 wasm/ext2

# --- 7z.wasm ------------------------------------------------------------------------------------------------------------

seven_c_flags=(
  -Os                                       # a page loads this module; -Oz makes it unpack slower
  -DZ7_ST -DNDEBUG                          # no threads; no assertions
  -DZ7_EXTRACT_ONLY                         # nothing is written
  -w                                        # upstream's ways
)
seven_cpp_flags=(
  -std=c++17 -fno-rtti                      # Emscripten compiles catch to nothing unless it is told to: a throw ends the call
  -I7zip -Iwasm/7z
)
seven_link_flags=(
  -Os --no-entry -sSTANDALONE_WASM -sSTRICT -sFILESYSTEM=0 # as for libnbd.wasm
  -sDEFAULT_TO_CXX                          # the C++ library is linked
  -sMALLOC=dlmalloc                         # 7-Zip allocates for each file, which emmalloc takes seconds for where there are many
  -sINITIAL_HEAP=4194304                    # for a usual disk; it is put back before each call
  -sSTACK_SIZE=262144                       # the deepest frames are those of folders in folders
  -sALLOW_MEMORY_GROWTH                     # all that 7-Zip knows of a file system stays in memory
  -sMAXIMUM_MEMORY=134217728                # whatever a disk says; beyond it the call fails with ENOMEM
  -Wl,--wrap=time                           # wasm/7z/absent.cpp
  -Wl,--export=__stack_pointer              # src/wasm/replay.ts puts it back
)

build_7z() {
  local c=() cpp=() exports name
  for name in 7zCrc 7zCrcOpt 7zStream Aes AesOpt Alloc Bcj2 Bra Bra86 BraIA64 CpuArch Delta Lzma2Dec LzmaDec Sha1 Sha1Opt Sha256 Sha256Opt \
    SwapBytes Xxh64 Xz XzCrc64 XzCrc64Opt XzDec ZstdDec; do
    c+=("7zip/C/$name.c")
  done
  for name in Fat Hfs Qcow Squashfs Vdi Vhd Vhdx Vmdk; do cpp+=("Archive/${name}Handler"); done
  cpp+=(Archive/HandlerCont Archive/Iso/{IsoHandler,IsoHeader,IsoIn,IsoRegister} Archive/Udf/{UdfHandler,UdfIn})
  cpp+=(Archive/Common/{DummyOutStream,FindSignature,ItemNameUtils,OutStreamWithCRC})
  cpp+=(Common/{CWrappers,InBuffer,LimitedStreams,OutBuffer,PropId,ProgressUtils,StreamObjects,StreamUtils,MethodProps})
  cpp+=(Compress/{BitlDecoder,CopyCoder,DeflateDecoder,LzOutWindow,LzfseDecoder,LzxDecoder,XpressDecoder,ZlibDecoder})
  cpp=("${cpp[@]/#/7zip/CPP/7zip/}")
  cpp+=(7zip/CPP/Common/{CRC,IntToString,MyMap,MyString,MyVector,MyWindows,NewHandler,StringConvert,StringToInt,UTFConvert,XzCrc64Init})
  cpp+=(7zip/CPP/Windows/{PropVariant,PropVariantConv,PropVariantUtils,TimeUtils})
  cpp=("${cpp[@]/%/.cpp}" wasm/7z/{absent,archive,disk,items,ntfs}.cpp)
  compile 7z "${seven_c_flags[@]}" -- "${c[@]}"
  compile 7z "${seven_c_flags[@]}" "${seven_cpp_flags[@]}" -- "${cpp[@]}"
  exports=$(sed -n 's/^\(nbd_7z_[a-z_0-9]*\) (.*/_\1/p' wasm/7z/{archive,items}.cpp | paste -sd ,)
  link 7z "${seven_link_flags[@]}" -sEXPORTED_FUNCTIONS="$exports" -- "${c[@]}" "${cpp[@]}"
}
module 7z build/7zip/C build/7zip/CPP wasm/7z

# --- tls.wasm -----------------------------------------------------------------------------------------------------------

tls_c_flags=(
  -std=gnu11
  -DMBEDTLS_CONFIG_FILE='<wasm/tls/config.h>'
  -I. -Imbedtls/include -Imbedtls/library
)
tls_cold=(-Oz)                              # a page loads this module: small first; the handshake waits for the network
tls_hot=(-O3)                               # of what every byte passes through without WebCrypto, and of the longest sums: see docs/tls.md
tls_link_flags=(
  -Oz --no-entry -sSTANDALONE_WASM -sSTRICT -sFILESYSTEM=0 # as for libnbd.wasm
  -sMALLOC=emmalloc                         # 6 KB smaller; a session allocates some hundred times
  -sINITIAL_HEAP=131072                     # a session has 34 KB of buffers; authorities and certificates come to it
  -sSTACK_SIZE=65536                        # the deepest frames are those of RSA and of elliptic curves
  -sALLOW_MEMORY_GROWTH                     # for long lists of authorities
  -sMAXIMUM_MEMORY=67108864                 # whatever a server says; beyond it Mbed TLS fails to allocate, and the connection ends
)

build_tls() {
  local hot=() cold=() exports name
  for name in chacha20 poly1305 chachapoly bignum_core; do hot+=("mbedtls/library/$name.c"); done
  for name in aes asn1parse asn1write base64 bignum bignum_mod bignum_mod_raw block_cipher cipher cipher_wrap constant_time ecdh ecdsa ecp \
    ecp_curves gcm hkdf md oid pem pk pk_ecc pk_wrap pkparse platform platform_util psa_crypto psa_crypto_aead psa_crypto_cipher \
    psa_crypto_client psa_crypto_driver_wrappers_no_static psa_crypto_ecp psa_crypto_hash psa_crypto_mac psa_crypto_random psa_crypto_rsa \
    psa_crypto_slot_management psa_util rsa rsa_alt_helpers sha256 sha512 ssl_ciphersuites ssl_client ssl_debug_helpers_generated ssl_msg \
    ssl_tls ssl_tls12_client ssl_tls13_client ssl_tls13_generic ssl_tls13_keys x509 x509_crl x509_crt; do
    cold+=("mbedtls/library/$name.c")
  done
  cold+=(wasm/tls/session.c)
  compile tls "${tls_c_flags[@]}" "${tls_hot[@]}" -- "${hot[@]}"
  compile tls "${tls_c_flags[@]}" "${tls_cold[@]}" -- "${cold[@]}"
  exports=$(sed -n 's/^\(nbd_tls_[a-z_0-9]*\) (.*/_\1/p' wasm/tls/session.c | paste -sd ,)
  link tls "${tls_link_flags[@]}" -sEXPORTED_FUNCTIONS="$exports,_malloc,_free" -- "${hot[@]}" "${cold[@]}"
}
module tls build/mbedtls/library build/mbedtls/include wasm/tls

# --- the package --------------------------------------------------------------------------------------------------------

# dist/ is what is published: nothing stays there that no source makes any more.
compile_typescript() {
  local kept=() name
  for name in "${modules[@]}"; do kept+=(! -name "$name.wasm"); done
  find dist -mindepth 1 -maxdepth 1 "${kept[@]}" -exec rm -rf {} +
  npx --no-install tsc --project tsconfig.build.json
  # Editors read what the calls do in the declarations; in the JavaScript it would be four fifths of the file.
  node scripts/strip_comments.mjs src/generated/methods.ts dist/generated/methods.js
  node scripts/bundle_for_node.mjs dist
  cp src/cli/completion/completion.{bash,zsh} dist/cli
  chmod +x dist/cli/main.js
  scripts/notices.sh >dist/THIRD-PARTY-NOTICES
}

once dist dist/node.js src tsconfig.json tsconfig.build.json scripts/{bundle_for_node,strip_comments}.mjs scripts/{notices,source}.sh -- compile_typescript

write_manual() {
  npx --no-install esbuild --log-level=warning --bundle --platform=node --format=esm --target=node20 --packages=external \
    --outfile=build/manual.mjs generator/manual.ts
  mkdir -p dist/man
  node build/manual.mjs >build/manual.1
  mv build/manual.1 dist/man/libnbd-wasm.1
}
once manual dist/man/libnbd-wasm.1 generator/manual.ts generator/roff.ts src package.json -- write_manual

# The page that shows a disk, as one folder that can be served as it is. Its script is also what `libnbd-wasm/inspector` exports. Lit is
# bundled, so that the package does not depend on it; its licence stands beside it.
bundle_inspector() {
  local page=dist/inspector package
  rm -f $page/chunk-*.js
  npx --no-install esbuild --log-level=warning --bundle --minify --splitting --format=esm --platform=browser --target=es2022 \
    --legal-comments=none --chunk-names=chunk-[hash] --outdir=$page inspector=src/inspector/index.ts worker=src/worker.ts \
    files_worker=src/files_worker.ts
  # The new lines that are left are in templates of HTML and CSS.
  node -e 'const [file] = process.argv.slice(1); const fs = require("fs");
    fs.writeFileSync(file, fs.readFileSync(file, "utf8").replace(/\n\s+/g, "\n"))' $page/inspector.js
  cp src/inspector/{index.html,page.css,icon.svg} dist/*.wasm $page
  for package in lit lit-html lit-element @lit/reactive-element; do
    printf '%s %s\n\n' "$package" "$(node -p "require('./node_modules/$package/package.json').version")"
    cat node_modules/$package/LICENSE
    printf '\n\n'
  done >$page/THIRD-PARTY-NOTICES
}
once inspector dist/inspector/THIRD-PARTY-NOTICES src package-lock.json dist/*.wasm -- bundle_inspector

scripts/sizes.sh --report
