// A disk whose server is killed and started again: nothing is lost in silence.
import { type DiskEvent, type LastingDisk, type OpenOptions, openDisk } from 'libnbd-wasm';
import { describe, expect, onTestFinished, test } from 'vitest';
import { firstDifference, noise } from '../support/bytes.js';
import { failure } from '../support/handles.js';
import { type Kind, type Restartable, restartable } from './restartable.js';

const kinds: Kind[] = ['nbdkit file', 'nbdkit file, cached', 'qemu-nbd qcow2'];
const size = 2 ** 20;

async function open(server: Restartable, options: OpenOptions = {}): Promise<LastingDisk> {
  const disk = await openDisk(server.uri, { retry: { maxDelay: 100, attempts: 30 }, ...options });
  onTestFinished(() => disk.close());
  return disk;
}

const whole = { offset: 0n, length: 65536n };

describe.for(kinds)('%s', (kind) => {
  test('goes on after it was killed, and what was flushed is there', async () => {
    const server = await restartable(kind, size);
    const disk = await open(server);
    const bytes = noise(65536);
    await disk.pwrite(bytes, 0);
    await disk.flush();
    await server.restart();
    expect(firstDifference(await disk.pread(65536, 0), bytes)).toBe(-1);
    await disk.flush(); // nothing was lost
  });

  test('what was acknowledged and not flushed is named once', async () => {
    const server = await restartable(kind, size);
    const disk = await open(server);
    const events: [string, number][] = [];
    const note = ({ type, ranges }: DiskEvent) => void events.push([type, ranges.length]);
    disk.addEventListener('reconnecting', note);
    disk.addEventListener('connected', note);
    await disk.pwrite(noise(65536), 0);
    await server.restart();
    await disk.pread(512, 0);
    const error = await failure(disk.flush());
    expect(error).toMatchObject({ name: 'NBDError', code: 'EIO', isFatal: false, ranges: [whole] });
    await disk.flush();
    expect(events.slice(0, 2)).toEqual([
      ['reconnecting', 1],
      ['connected', 1],
    ]);
  });

  test('with copies of what was not flushed, it is there', async () => {
    const server = await restartable(kind, size);
    const disk = await open(server, { retry: { keep: 2 ** 20 } });
    const bytes = noise(65536);
    await disk.pwrite(bytes, 0);
    await disk.zero(4096, 8192);
    bytes.fill(0, 8192, 12288);
    await server.restart();
    expect(firstDifference(await disk.pread(65536, 0), bytes)).toBe(-1);
    await disk.flush();
  });
});
