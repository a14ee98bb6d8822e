// NBD servers that are started for the page, or for a copy: a command with a Unix socket of its own, in a folder that nobody else can enter.
import { once } from 'node:events';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { assertRunnable, NodeProcesses } from '../node/processes.js';
import { optionBytes } from '../proxy/option_shapes.js';
import * as nbd from '../proxy/protocol.js';

/** What a server has to end when it is asked to, in milliseconds. */
const defaultPatience = 2_000;
/** What it has to greet. A disk may be on a slow network. */
const greetingTimeout = 30_000;

/** What a client says that wants nothing: its flags, and NBD_OPT_ABORT. Without a goodbye, qemu-nbd complains on standard error. */
const goodbye = Buffer.concat([
  Buffer.from([0, 0, 0, nbd.NBD_FLAG_FIXED_NEWSTYLE]),
  optionBytes({ number: nbd.NBD_OPT_ABORT, data: Buffer.alloc(0), exportName: undefined }),
]);

export class DiskServer {
  /** Where it is, as an NBD URI. */
  readonly uri: string;
  /** Resolves when it has ended, with how. */
  readonly ended: Promise<string>;
  readonly #processes: NodeProcesses;
  readonly #pid: number;
  readonly #path: string;
  readonly #folder: string;

  /**
   * Starts a command, which finds the listening socket by systemd's protocol, as nbdkit and qemu-nbd do.
   *
   * @param onLine Called with each line that it writes to standard error; without it, it has the terminal.
   */
  constructor(command: string[], onLine?: (line: string) => void) {
    assertRunnable(command[0] ?? '');
    const processes = new NodeProcesses({ detached: true, onLine });
    this.#processes = processes;
    this.#folder = processes.makeFolder(join(tmpdir(), 'libnbd-wasm-XXXXXX'));
    this.#path = join(this.#folder, 'socket');
    this.uri = `nbd+unix:///?socket=${encodeURIComponent(this.#path)}`;
    const listener = processes.listen(this.#path);
    try {
      this.#pid = listener.spawn(command, undefined);
    } finally {
      listener.close();
    }
    this.ended = processes.exit(this.#pid);
  }

  /** Resolves when it serves. Rejects with an Error if it ends instead, or says nothing for long. */
  async untilItServes(): Promise<void> {
    const socket = connect(this.#path);
    let hasGreeted = false;
    socket.once('data', () => {
      hasGreeted = true;
      socket.end(goodbye);
    });
    socket.on('error', () => {}); // 'close' follows
    const signal = AbortSignal.timeout(greetingTimeout);
    const silence = once(signal, 'abort').then(() => socket.destroy());
    await Promise.race([new Promise((resolve) => socket.on('close', resolve)), silence]);
    if (hasGreeted) return;
    const how = await Promise.race([this.ended, silence.then(() => undefined)]);
    throw new Error(how === undefined ? `it has said nothing for ${greetingTimeout / 1000} s` : `it has ended (${how})`);
  }

  /**
   * Ends it: asks it to end, and kills it when it does not in so many milliseconds. One that was written to may have much to put in order:
   * with `Infinity` it is not killed.
   */
  async stop(patience = defaultPatience): Promise<void> {
    this.#kill('SIGTERM');
    if (Number.isFinite(patience)) {
      const timer = new AbortController();
      await Promise.race([this.ended, delay(patience, undefined, { signal: timer.signal }).catch(() => {})]);
      timer.abort();
      this.#kill('SIGKILL');
    }
    await this.ended;
    this.#processes.removeFile(this.#path);
    this.#processes.removeFolder(this.#folder);
  }

  #kill(signal: 'SIGTERM' | 'SIGKILL'): void {
    if (this.#processes.isRunning(this.#pid)) process.kill(this.#pid, signal);
  }
}
