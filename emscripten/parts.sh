# Makes what a C program for libnbd is linked with. Sourced by who builds programs, in the root of the clone; sets `program_flags`, which
# compile and link one in the module's folder (run_emcc programs ...). Nothing of this goes into the package.
#
#   objects/libnbd.o     libnbd as libnbd.wasm has it, but for two calls that are the program's own: poll, which waits, and getenv
#   objects/library.js   library.ts, with runtime.ts inside

. scripts/lib.sh
. scripts/wasm.sh
scripts/source.sh
. scripts/libnbd.sh
. scripts/toolchain.sh

parts=$stage/programs
parts_sources=(wasm/{posix,tls,stdio,linux_errno,libxml2}.c) # closures.c and pump.c are for callers in JavaScript

make_parts() {
  local source objects=() wraps
  say 'compiling libnbd for C programs'
  lay_out "$parts" "${libnbd_files[@]}" "${parts_sources[@]}" emscripten/{program.c,fork.h}
  {
    run_emcc programs --version
    (cd "$parts" && find . -name '*.h' -print0 | sort -z | xargs -0 sha256sum)
  } >"$parts/headers"
  # JavaScript that Emscripten writes has all imports in one namespace.
  c_flags+=('-DIMPORT(name)=__attribute__ ((import_module ("env"), import_name ("libnbd_" #name))) extern')
  compile_libnbd programs "${parts_sources[@]}"
  for source in "${libnbd_sources[@]}" "${parts_sources[@]}"; do objects+=("$(object_of "$source")"); done
  wraps=$(libnbd_wraps "${parts_sources[@]}" | grep -vxE -e '-Wl,--wrap=(poll|getenv)')
  # The names are redirected in libnbd alone: the program's own calls stay musl's.
  # shellcheck disable=SC2086 # one word each
  run_emcc programs -r $wraps "${objects[@]}" -o objects/libnbd.o
}
mkdir -p build
exec 8>build/programs.lock
flock 8 # tests may compile programs side by side
once programs/parts "$parts/objects/libnbd.o" "${libnbd_files[@]}" "${parts_sources[@]}" emscripten/{program.c,fork.h,parts.sh} scripts/{libnbd,toolchain,wasm}.sh \
  -- make_parts

bundle_library() {
  node emscripten/bundle.mjs "$parts/objects/library.js"
}
once programs/library "$parts/objects/library.js" emscripten/{bundle.mjs,*.ts} src -- bundle_library
exec 8>&-

program_flags=(
  -O1 -std=gnu11 -D_GNU_SOURCE
  -Ilibnbd/include
)
# MODE=jspi makes programs for Node 24 and newer, which are smaller.
if [ "${MODE:-asyncify}" = jspi ]; then
  waiting_flags=(-sJSPI -sSUPPORT_LONGJMP=wasm)
else
  waiting_flags=(
    -sASYNCIFY
    -sASYNCIFY_STACK_SIZE=65536     # the usual 4 KiB are enough for a few frames only
  )
fi
program_link_flags=(
  --js-library objects/library.js emscripten/program.c objects/libnbd.o
  "${waiting_flags[@]}"
  -sENVIRONMENT=node -sNODERAWFS    # files are the system's
  -sEXIT_RUNTIME                    # a return from main ends the program
  -sALLOW_MEMORY_GROWTH -sSTACK_SIZE=1MB
)
