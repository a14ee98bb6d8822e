#!/usr/bin/env bash
# compile.sh NAME: makes build/c/NAME.js of upstream's tests in C. All are in one program, which runs the one that its first argument names:
# the linker takes seconds, and would take them for each.
#
# Standard input has a line for each test: its name, the file that has its main, its flags, and the other files, with tabs between them.
set -euo pipefail
cd "$(dirname "$0")/../.."
. emscripten/parts.sh

program=$1
module=c-$program
folder=$stage/$module
list=build/c/$program.txt
mkdir -p build/c
list_of_tests=$(cat)
[ -e $list ] && [ "$list_of_tests" = "$(cat $list)" ] || printf '%s\n' "$list_of_tests" >$list

test_flags=(
  "${program_flags[@]}"
  "-DPACKAGE_VERSION=\"$package_version\"" # in the place of upstream's own config.h
  -Itest/upstream_c -I. -Ilibnbd/common/include -Ilibnbd/tests
  -include emscripten/fork.h
  -w                                       # upstream's ways
)

# write_test NAME MAIN FLAG...: a file that has the test, what is defined for it, and an entry.
write_test() {
  local name=$1 main=$2 definition
  shift 2
  for definition; do
    definition=${definition#-D}
    [ "${definition#*=}" != "$definition" ] || definition+==1
    printf '#define %s %s\n' "${definition%%=*}" "${definition#*=}"
  done
  printf '#define ENTRY entry_%s\n#define main main_of_%s\n#include "%s"\n#include "test/upstream_c/entry.h"\n' "${name//-/_}" "${name//-/_}" "$main"
}

# Emscripten's compiler starts slowly: it gets many files at a time, as many times as there are cores.
compile_all() {
  local running=0 batch=() cores i
  cores=$(nproc)
  for ((i = 0; i < cores; i++)); do
    mapfile -t batch < <(printf '%s\n' "$@" | awk "NR % $cores == $i")
    [ ${#batch[@]} = 0 ] || run_emcc "$module" "${test_flags[@]}" -c "${batch[@]}" &
  done
  wait
  for i; do [ -e "$folder/$(basename "${i%.c}").o" ] || die "$i was not compiled"; done
}

make_tests() {
  local name main flags others names=() sources=() objects=() words definitions dialect word
  say "compiling upstream's tests in C"
  lay_out "$folder" $libnbd/{include,tests,interop} $libnbd/common wasm/config.h test/upstream_c/{config.h,entry.h} emscripten/{fork.h,program.c}
  while IFS=$'\t' read -r name main flags others; do
    eval "words=($flags)"
    definitions=()
    dialect=()
    for word in "${words[@]}"; do
      case $word in
        -D*) definitions+=("$word") ;;
        -I*) ;; # test_flags have all folders
        *) dialect+=("$word") ;;
      esac
    done
    write_test "$name" "$main" "${definitions[@]}" >"$folder/$name.c"
    names+=("$name")
    # shellcheck disable=SC2206 # one word each
    sources+=($others)
    if [ ${#dialect[@]} = 0 ]; then sources+=("$name.c"); else run_emcc "$module" "${test_flags[@]}" "${dialect[@]}" -c "$name.c"; fi
  done <$list
  write_main "${names[@]}" >"$folder/main.c"
  mapfile -t sources < <(printf '%s\n' main.c "${sources[@]}" | sort -u)
  compile_all "${sources[@]}"
  for word in "${sources[@]}" "${names[@]/%/.c}"; do objects+=("$(basename "${word%.c}").o"); done
  mapfile -t objects < <(printf '%s\n' "${objects[@]}" | sort -u)
  cp "$parts"/objects/{library.js,libnbd.o} "$folder/objects"
  run_emcc "$module" -O1 "${objects[@]}" "${program_link_flags[@]}" -o "$program.js"
  echo '{ "type": "commonjs" }' >build/c/package.json
  cp "$folder/$program".{js,wasm} build/c
}

write_main() {
  local name
  printf '#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n'
  for name; do printf 'extern int entry_%s (int, char **);\n' "${name//-/_}"; done
  printf 'static const struct { const char *name; int (*entry) (int, char **); } tests[] = {\n'
  for name; do printf '  { "%s", entry_%s },\n' "$name" "${name//-/_}"; done
  printf '};\nint\nmain (int argc, char *argv[])\n{\n'
  printf '  for (size_t i = 0; argc > 1 && i < sizeof tests / sizeof tests[0]; i++)\n'
  printf '    if (strcmp (argv[1], tests[i].name) == 0)\n      return tests[i].entry (argc - 1, argv + 1);\n'
  printf '  fprintf (stderr, "there is no test %%s\\n", argc > 1 ? argv[1] : "");\n  return EXIT_FAILURE;\n}\n'
}

once "programs/$program" "build/c/$program.js" $list "$parts"/objects/{libnbd.o,library.js} $libnbd/{include,tests,interop,common} \
  wasm/config.h test/upstream_c/{compile.sh,config.h,entry.h} emscripten/{parts.sh,fork.h,program.c} -- make_tests
