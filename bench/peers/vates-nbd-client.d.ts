// The part of @vates/nbd-client that the benchmark uses; the package has no types, and is installed only to be measured.
declare module '@vates/nbd-client' {
  export default class NbdClient {
    constructor(settings: { address: string; port: number; exportname: string });
    readonly exportSize: bigint;
    connect(): Promise<void>;
    readBlock(index: number, size: number): Promise<Uint8Array>;
    disconnect(): Promise<void>;
  }
}
