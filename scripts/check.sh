#!/usr/bin/env bash
# The checks that need no server: format, lint, types, documentation, sizes, and that nothing generated or vendored is committed.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

install_node_modules
bash build.sh # types, documentation and sizes are of what the sources make now

say 'checking the format and the style'
npx --no-install biome check --error-on-warnings --colors=off --max-diagnostics=10 .

say 'checking the types'
npx --no-install tsc --noEmit --project tsconfig.json
npx --no-install tsc --noEmit --project tsconfig.browser.json # without Node's types

say 'checking who imports whom'
node scripts/layers.mjs

say 'checking the documentation'
npx --no-install typedoc --logLevel Warn

say 'checking what a page loads'
scripts/sizes.sh

say 'checking that nothing generated or vendored is committed'
tracked=$(git ls-files 2>/dev/null || true) # a source archive has no index, and what it holds is what was committed
generated=$(printf '%s\n' "$tracked" | grep -E '^((build|dist|docs/api|node_modules|src/generated)/|libnbd/.|libxml2/.)|\.(wasm|tgz|o|log|cpuprofile)$' || true)
[ -z "$generated" ] || die "these files are made by the build, or are upstream's, and must not be committed: $generated"
if [ -n "$tracked" ] && [ -d build/libnbd ]; then
  # Upstream's own files under another name: the same content is what gives them away.
  copies=$(
    git ls-files -z | grep -zvE '^(LICENSE|libnbd|libxml2)$' | xargs -0 sha256sum 2>/dev/null | sort >build/tracked.sums
    find build/{libnbd,libxml2,util-linux,e2fsprogs,7zip,mbedtls} -type f -size +100c -print0 | xargs -0 sha256sum | sort | join -o 1.2 build/tracked.sums -
  )
  [ -z "$copies" ] || die "these files are copies of upstream's: $copies"
fi
