#!/usr/bin/env bash
# cc.sh SOURCE.c... -o PROGRAM: compiles a C program that uses libnbd, for Node. PROGRAM is one file, with the module inside; name it *.cjs.
set -euo pipefail
usage() { printf 'usage: %s SOURCE.c... -o PROGRAM.cjs\n' "$0" >&2; exit 2; }
sources=()
while [ $# -gt 0 ]; do
  case $1 in
    -o) [ $# = 2 ] || usage; program=$(realpath -m "$2"); break ;;
    *.c) [ -r "$1" ] || { printf '%s: there is no file %s\n' "$0" "$1" >&2; exit 1; }; sources+=("$(realpath "$1")") ;;
    *) usage ;;
  esac
  shift
done
[ ${#sources[@]} -gt 0 ] && [ -n "${program-}" ] || usage

cd "$(dirname "$0")/.."
. emscripten/parts.sh
work=$(mktemp -d "$parts/objects/work.XXXXXX") # objects/ is what stays there
trap 'rm -rf "$work"' EXIT
cp "${sources[@]}" "$work"
names=()
for source in "${sources[@]}"; do names+=("objects/${work##*/}/${source##*/}"); done
run_emcc programs "${program_flags[@]}" "${program_link_flags[@]}" -sSINGLE_FILE "${names[@]}" -o "objects/${work##*/}/program.js"
mkdir -p "${program%/*}"
cp "$work/program.js" "$program"
