# Makes WebAssembly modules of C and C++ sources. Sourced by build.sh, where each module is a function and a list of files:
#
#   build_NAME() {
#     compile NAME FLAG... -- SOURCE...   once for each set of flags
#     link NAME FLAG... -- SOURCE...
#   }
#   module NAME FILE...
#
# A module has a folder of its own, where the compiler runs and sees nothing else. The files and folders of the list are
# copied there under their own paths, without a leading build/: the source build/libnbd/lib/rw.c is libnbd/lib/rw.c there.

# once NAME OUTPUT INPUT... -- COMMAND...: runs COMMAND unless OUTPUT is there and the inputs are as they were.
once() {
  local stamp=build/stamps/$1 output=$2 inputs=() now
  shift 2
  while [ "$1" != -- ]; do inputs+=("$1"); shift; done
  shift
  now=$({ printf '%s\n' "$*"; find "${inputs[@]}" -type f -print0 | sort -z | xargs -0 sha256sum; } | sha256sum)
  [ -e "$output" ] && [ "$now" = "$(cat "$stamp" 2>/dev/null)" ] && return
  rm -f "$stamp" # a run that fails may leave an output that fits no inputs
  "$@"
  mkdir -p "${stamp%/*}"
  printf '%s\n' "$now" >"$stamp"
}

modules=() # the names of all, for the step that empties dist/

# module NAME FILE...: makes dist/NAME.wasm, when the files, the flags in build.sh or the tools have changed.
module() {
  local name=$1
  shift
  modules+=("$name")
  once "$name.wasm" "dist/$name.wasm" "$@" build.sh scripts/toolchain.sh scripts/wasm.sh -- make_module "$name" "$@"
}

make_module() {
  local name=$1
  shift
  declare -F run_emcc >/dev/null || . scripts/toolchain.sh
  keep_musl_notice
  say "compiling $name to WebAssembly"
  lay_out "$stage/$name" "$@"
  # Every object is made of these too: the compiler, and the headers, any of which a source may include.
  {
    run_emcc "$name" --version
    (cd "$stage/$name" && find . -name '*.h' -print0 | sort -z | xargs -0 sha256sum)
  } >"$stage/$name/headers"
  "build_$name"
}

# lay_out FOLDER FILE...: the files and folders are in FOLDER, and nothing else but the objects of before.
lay_out() {
  local folder=$1 file place
  shift
  mkdir -p "$folder/objects"
  find "$folder" -mindepth 1 -maxdepth 1 ! -name objects -exec rm -rf {} +
  for file; do
    place=$folder/${file#build/}
    mkdir -p "${place%/*}"
    cp -R "$file" "$place"
  done
}

object_of() { echo "objects/${1//\//-}.o"; }

# compile NAME FLAG... -- SOURCE...: makes the objects of which something has changed, as many at a time as there are cores.
compile() {
  local name=$1 flags=() source object running=0
  shift
  while [ "$1" != -- ]; do flags+=("$1"); shift; done
  shift
  for source; do
    object=$(object_of "$source")
    once "$name/$object" "$stage/$name/$object" "$stage/$name/$source" "$stage/$name/headers" -- \
      run_emcc "$name" "${flags[@]}" -c "$source" -o "$object" &
    running=$((running + 1))
    if [ $running -ge "$(nproc)" ]; then
      wait -n
      running=$((running - 1))
    fi
  done
  while [ $running -gt 0 ]; do
    wait -n
    running=$((running - 1))
  done
}

# link NAME FLAG... -- SOURCE...: makes dist/NAME.wasm of the objects of these sources, in this order.
link() {
  local name=$1 flags=() source objects=()
  shift
  while [ "$1" != -- ]; do flags+=("$1"); shift; done
  shift
  for source; do objects+=("$(object_of "$source")"); done
  run_emcc "$name" "${flags[@]}" "${objects[@]}" -o "$name.wasm"
  mkdir -p dist
  cp "$stage/$name/$name.wasm" "dist/$name.wasm"
  chmod 644 "dist/$name.wasm"
}
