/// <reference types="emscripten" />
// poll(2), the one call that waits: until a socket, a file or a time is ready.
import type { Socket } from '../src/sockets/socket.js';
import type { DescriptorTable } from '../src/sockets/table.js';
import type { Memory } from '../src/wasm/memory.js';

// musl's numbers, and its struct pollfd: an int and two shorts.
const POLLIN = 1;
const POLLOUT = 4;
const POLLERR = 8;
const POLLNVAL = 32;
const pollfdSize = 8;

export class PollCalls {
  readonly #memory: Memory;
  readonly #descriptors: DescriptorTable;

  constructor(memory: Memory, descriptors: DescriptorTable) {
    this.#memory = memory;
    this.#descriptors = descriptors;
  }

  /** How many of the descriptors are ready now. */
  look(fds: number, count: number): number {
    const { view } = this.#memory;
    let ready = 0;
    for (let at = fds; at < fds + count * pollfdSize; at += pollfdSize) {
      const fd = view.getInt32(at, true);
      const asked = view.getInt16(at + 4, true) | POLLERR | POLLNVAL;
      const found = fd < 0 ? 0 : this.#state(fd) & asked;
      view.setInt16(at + 6, found, true);
      if (found !== 0) ready++;
    }
    return ready;
  }

  /** Resolves with how many are ready, or with 0 when `timeout` milliseconds have passed; a negative one never ends. */
  wait(fds: number, count: number, timeout: number): Promise<number> {
    return new Promise((resolve) => {
      const ends: (() => void)[] = [];
      const look = () => {
        const ready = this.look(fds, count);
        if (ready > 0) end(ready);
      };
      const end = (ready: number) => {
        for (const stop of ends) stop();
        resolve(ready);
      };
      for (const socket of this.#sockets(fds, count)) ends.push(socket.listen(look));
      if (timeout >= 0) {
        const timer = setTimeout(() => end(this.look(fds, count)), timeout);
        ends.push(() => clearTimeout(timer));
      } else if (ends.length === 0) {
        const timer = setInterval(() => {}, 2 ** 30); // nothing will ever be ready, and the process must not end
        ends.push(() => clearInterval(timer));
      }
    });
  }

  #sockets(fds: number, count: number): Set<Socket> {
    const sockets = new Set<Socket>();
    for (let i = 0; i < count; i++) {
      const socket = this.#descriptors.get(this.#memory.view.getInt32(fds + i * pollfdSize, true));
      if (socket !== undefined) sockets.add(socket);
    }
    return sockets;
  }

  #state(fd: number): number {
    const socket = this.#descriptors.get(fd);
    if (socket === undefined) return FS.getStream(fd) ? POLLIN | POLLOUT : POLLNVAL; // a file is always ready
    return (socket.readable ? POLLIN : 0) | (socket.writable ? POLLOUT : 0) | (socket.errno !== 0 ? POLLERR : 0);
  }
}
