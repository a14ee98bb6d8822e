// What a C program's sockets are when it runs: the library's own virtual descriptors, over Node. esbuild makes one script of this file and
// of the parts of src/ that it imports; library.ts puts it into each program. FS and the like are Emscripten's.

import { Buffers } from '../src/libnbd/buffers.js';
import { Closures } from '../src/libnbd/closures.js';
import { imports } from '../src/libnbd/imports.js';
import { ConnectingCalls } from '../src/libnbd/posix/connecting.js';
import { Failures } from '../src/libnbd/posix/failure.js';
import { SocketCalls } from '../src/libnbd/posix/sockets.js';
import { nodeHost } from '../src/node/host.js';
import { DescriptorTable } from '../src/sockets/table.js';
import { Memory } from '../src/wasm/memory.js';
import { PollCalls } from './poll.js';
import { ProgramCalls } from './program.js';

/** Emscripten numbers files from 0 on, and takes the lowest number that is free. */
const firstDescriptor = 512;

export class Runtime {
  readonly memory = new Memory();
  readonly descriptors = new DescriptorTable(firstDescriptor);
  readonly sockets: SocketCalls;
  readonly connecting: ConnectingCalls;
  readonly poll = new PollCalls(this.memory, this.descriptors);
  readonly program = new ProgramCalls(this.memory);
  /** The imports of wasm/imports.h. */
  readonly imports: Record<string, unknown>;

  constructor() {
    const failures = new Failures();
    const buffers = new Buffers();
    this.sockets = new SocketCalls(this.memory, this.descriptors, buffers, failures);
    this.connecting = new ConnectingCalls(this.memory, this.descriptors, new Map(), nodeHost, failures);
    const processes = nodeHost.processCalls?.(this.memory, this.descriptors, failures);
    const calls = { sockets: this.sockets, connecting: this.connecting, processes };
    this.imports = {
      ...imports(this.memory, calls, new Closures(this.memory, buffers)).libnbd,
      send: (fd: number, address: number, length: number) => this.send(fd, address, length),
    };
  }

  /** How many requests may be unanswered is for the program to say: here each counts as answered when it has been sent. */
  send(fd: number, address: number, length: number): number {
    const result = this.sockets.send(fd, address, length);
    this.descriptors.get(fd)?.answered();
    return result;
  }
}
