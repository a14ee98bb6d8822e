// What is measured of TLS, wherever it runs: how long a connection takes, and reads of 256 KiB with 16 in flight.
import { load, type NBD } from 'libnbd-wasm';

export interface TlsMeasurement {
  /** In milliseconds: until the export is opened, with the module loaded before. */
  readonly connect: number;
  /** In 10^6 bytes a second. */
  readonly rate: number;
}

/** Connects by `connect`, and reads for a while. */
export async function measureTls(nbd: NBD, connect: () => Promise<void>, seconds: number): Promise<TlsMeasurement> {
  const size = 2 ** 18;
  const start = performance.now();
  await connect();
  const connected = performance.now();
  const disk = Number(nbd.getSize());
  let next = 0;
  const read = async () => {
    const buffer = new Uint8Array(size);
    while (performance.now() < connected + 1000 * seconds) await nbd.preadInto(buffer, (next++ * size) % disk);
  };
  await Promise.all(Array.from({ length: 16 }, read));
  const rate = (next * size) / 1000 / (performance.now() - connected);
  await nbd.shutdown();
  nbd.close();
  return { connect: connected - start, rate };
}

const loaded = globalThis.document === undefined ? undefined : load({ wasm: '/libnbd.wasm', tls: { wasm: '/tls.wasm' } });

/** Of the page: through a target of the proxy; with TLS if there is an authority. */
Object.assign(globalThis, {
  measureTls: async (target: string, ca: string | undefined, seconds: number) => {
    const nbd = ((await loaded) ?? (await load())).create();
    if (ca !== undefined) {
      nbd.setTls(2);
      nbd.setTlsCredentials({ ca });
      nbd.setTlsHostname('localhost');
    }
    return measureTls(nbd, () => nbd.connectWebSocket(`ws://${location.host}/nbd/${target}`), seconds);
  },
});
