#!/usr/bin/env bash
# The main job: builds what is missing, serves a demo disk from a real NBD server, and reads it through libnbd-wasm.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

install_node_modules
need nbdkit e2fsprogs file
command -v nbdkit >/dev/null || die 'needs nbdkit, which serves the demo disk. Install it and run this again.'
bash build.sh

# The disk: a partition with a file system, made by nbdkit of a folder of files. nbdkit lives as long as what it runs.
files=$(mktemp -d)
trap 'rm -rf "$files"' EXIT
cp README.md LICENSE package.json "$files"
cp -r src "$files/src"
PATH=$PATH:/usr/sbin:/sbin nbdkit --unix - --readonly linuxdisk "$files" size=32M label=DEMO --run '
  set -e
  printf "\n--- libnbd-wasm info %s\n\n" "$uri"
  node dist/cli/main.js info "$uri"
  printf "\n--- libnbd-wasm dump --length 1024 %s\n\n" "$uri"
  node dist/cli/main.js dump --length 1024 "$uri"
  printf "\n--- node examples/read_disk.mjs %s\n\n" "$unixsocket"
  node examples/read_disk.mjs "$unixsocket"
'
