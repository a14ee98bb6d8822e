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

declare module '@vates/nbd-client/multi.mjs' {
  export default class MultiNbdClient {
    constructor(
      settings: { address: string; port: number; exportname: string },
      options: { nbdConcurrency: number; readAhead: number },
    );
    readonly exportSize: bigint;
    connect(): Promise<void>;
    readBlocks(blocks: () => Iterable<{ index: number; size: number }>): AsyncIterable<Uint8Array>;
    disconnect(): Promise<void>;
  }
}
