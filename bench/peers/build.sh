# The peers that libnbd-wasm is measured against. Sourced by run.sh; all of it lands in $built.

# The same libnbd as in the module, as a native program: what is compared is the code around it.
build_native() {
  local program=$built/native sources=(bench/peers/native.c build/libnbd/common/utils/vector.c) source
  for source in build/libnbd/lib/*.c; do
    [[ $source == */test-* ]] || sources+=("$source")
  done
  if [ -x $program ] && [ -z "$(find "${sources[@]}" bench/peers/config.h bench/peers/build.sh -newer $program)" ]; then return; fi
  say 'compiling native libnbd'
  # -O2 as upstream's configure has it.
  gcc -O2 -std=gnu11 -w -D_GNU_SOURCE -Dsysconfdir='"/etc"' \
    -Ibench/peers -Ibuild/libnbd/include -Ibuild/libnbd/lib -Ibuild/libnbd/common/include -Ibuild/libnbd/common/utils \
    "${sources[@]}" -pthread -o $program.partial
  mv $program.partial $program
}

build_relay() {
  [ $built/relay -nt bench/peers/relay.c ] || gcc -O2 -std=gnu11 -o $built/relay bench/peers/relay.c
}

vates=$built/vates

# Version 3.6.0 depends on a version of a package that npm does not have, so npm refuses to install it. Its TCP client
# needs only the three that are named here.
install_vates() {
  local package=$vates/node_modules/@vates/nbd-client
  [ ! -d $package ] || [ ! -d $vates/node_modules/@vates/async-each ] || return 0
  say 'installing @vates/nbd-client'
  rm -rf $vates
  mkdir -p $vates/unpacked
  echo '{ "private": true, "type": "module" }' >$vates/package.json
  (
    cd $vates
    npm install --silent --no-audit --no-fund --ignore-scripts \
      promise-toolbox@0.21.0 @vates/read-chunk@1.2.1 @xen-orchestra/log@0.7.2 @vates/async-each@1.0.3 >&2 &&
      npm pack --silent @vates/nbd-client@3.6.0 >/dev/null &&
      tar --extract --directory=unpacked --strip-components=1 --file=vates-nbd-client-3.6.0.tgz
  ) || return
  mv $vates/unpacked $package # last, so that a broken installation is never taken for a whole one
}

# A program of it, in its own folder, so that Node finds the package beside it.
bundle_vates() {
  [ -d $vates/node_modules/@vates/nbd-client ] || return 0
  npx --no-install esbuild --log-level=warning --bundle --platform=node --format=esm --target=node20 \
    --external:@vates/nbd-client --external:@vates/nbd-client/multi.mjs --out-extension:.js=.mjs --outdir=$vates "$@"
}
