# npx esbuild worker.mjs --bundle --format=esm --conditions=workerd,browser --external:cloudflare:sockets --external:*.wasm --outdir=dist
# NBD_ADDRESS=127.0.0.1:10809 npx workerd serve config.capnp
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "internet", network = (allow = ["public", "private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:8080", http = (), service = "main")],
);

const main :Workerd.Worker = (
  modules = [
    (name = "worker.mjs", esModule = embed "dist/worker.js"),
    (name = "libnbd-wasm/libnbd.wasm", wasm = embed "node_modules/libnbd-wasm/dist/libnbd.wasm"),
  ],
  compatibilityDate = "2025-01-01",
  bindings = [(name = "NBD_ADDRESS", fromEnvironment = "NBD_ADDRESS")],
);
