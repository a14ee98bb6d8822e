# What every benchmark needs first. Sourced by those beside this file, after scripts/lib.sh; all that they build lands in $built.
built=build/bench

# need_programs PROGRAM...: ends where one is missing.
need_programs() {
  local program
  for program in "$@"; do
    command -v "$program" >/dev/null || die "needs $program. Install it and run this again."
  done
}

# Names Chromium in the variable CHROMIUM, which is empty where there is none.
find_chromium() {
  export CHROMIUM=${CHROMIUM:-$(first_of chromium google-chrome chromium-browser)}
}

need_chromium() {
  find_chromium
  [ -n "$CHROMIUM" ] || die 'needs Chromium. Install it, or name its program in the variable CHROMIUM, and run this again.'
}

build_package() {
  install_node_modules
  bash build.sh
  mkdir -p $built
}

# for_node FILE...: makes $built/NAME.mjs of each.
for_node() {
  npx --no-install esbuild --log-level=warning --bundle --platform=node --format=esm --target=node20 \
    --packages=external --entry-names=[name] --out-extension:.js=.mjs --outdir=$built "$@"
}

# for_page FILE: makes $built/NAME.js of it.
for_page() {
  npx --no-install esbuild --log-level=warning --bundle --format=esm --alias:libnbd-wasm=./dist/browser.js --outdir=$built "$1"
}
