using Workerd = import "/workerd/workerd.capnp";

# The date is one of before workerd had FinalizationRegistry.
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [
        (name = "worker.js", esModule = embed "out/workerd.js"),
        (name = "libnbd.wasm", wasm = embed "out/libnbd.wasm"),
      ],
      compatibilityDate = "2025-01-01",
      bindings = [(name = "DISK", text = "DISK_URI")],
    )),
    (name = "internet", network = (allow = ["local", "private", "public"])),
  ],
  sockets = [(name = "http", http = (), service = "main")],
);
