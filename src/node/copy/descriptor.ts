// Reads and writes of a whole buffer at a position of an open file.
import { fdatasync, read, write } from 'node:fs';
import { codeOf, NBDError } from '../../base/errors.js';

export async function readAll(fd: number, view: Uint8Array<ArrayBuffer>, at: bigint, name: string): Promise<void> {
  for (let done = 0; done < view.length; ) {
    const position = Number(at) + done;
    const count = await new Promise<number>((resolve, reject) => {
      read(fd, view, done, view.length - done, position, (error, count) => (error ? reject(error) : resolve(count)));
    });
    if (count === 0) throw new NBDError(`${name} has become shorter: it ends at ${position}`, 'EIO');
    done += count;
  }
}

export async function writeAll(fd: number, bytes: Uint8Array<ArrayBuffer>, at: bigint, name: string): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += await new Promise<number>((resolve, reject) => {
      write(fd, bytes, done, bytes.length - done, Number(at) + done, (cause, count) => {
        if (cause) reject(new NBDError(`${name}: ${cause.message}`, codeOf(cause, 'EIO'), { cause }));
        else resolve(count);
      });
    });
  }
}

/** Waits until all that was written is on stable storage. */
export function sync(fd: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fdatasync(fd, (error) => (error ? reject(error) : resolve()));
  });
}
