#!/usr/bin/env bash
# The main job: builds what is missing, serves a demo disk from a real NBD server, reads it through libnbd-wasm, and shows it in
# a page. Without a terminal, or with CI set, the page is asked for once, and nothing is left running.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh
. scripts/demo_disk.sh

install_node_modules
need nbdkit qemu-utils file "${demo_packages[@]}"
export PATH=$PATH:/usr/sbin:/sbin
for program in nbdkit qemu-nbd "${demo_programs[@]}"; do
  command -v "$program" >/dev/null || die "needs $program, for the demo disk. Install it and run this again."
done
bash build.sh

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
disk=$folder/demo.img
make_demo_disk "$disk" "$folder"

# nbdkit lives as long as what it runs.
nbdkit --unix - --readonly file "$disk" --run '
  set -e
  printf "\n--- libnbd-wasm info %s\n\n" "$uri"
  node dist/cli/main.js info "$uri"
  printf "\n--- libnbd-wasm dump --length 1024 %s\n\n" "$uri"
  node dist/cli/main.js dump --length 1024 "$uri"
  printf "\n--- node examples/read_disk.mjs %s\n\n" "$unixsocket"
  node examples/read_disk.mjs "$unixsocket"
'

printf '\n--- libnbd-wasm inspect %s\n\n' "$disk"
if [ -t 1 ] && [ -z "${CI-}" ]; then
  node dist/cli/main.js inspect "$disk" # until Ctrl-C, as it says
else
  node scripts/ask_inspector.mjs "$disk"
fi
