// copy() from and to what has no offsets: streams of both kinds, pipes, child processes, blobs.
import { type ChildProcess, spawn } from 'node:child_process';
import { createReadStream, createWriteStream } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { CONTEXT_BASE_ALLOCATION, copy } from 'libnbd-wasm';
import { describe, expect, onTestFinished, test } from 'vitest';
import { firstDifference, noise, pattern } from '../support/bytes.js';
import { connected, failure } from '../support/handles.js';
import { MemoryDisk } from '../support/memory_disk.js';
import { run, temporaryFolder } from '../support/processes.js';
import { nbdkit } from '../support/servers.js';

const MiB = 2 ** 20;

function child(program: string, ...args: string[]): ChildProcess {
  const started = spawn(program, args, { stdio: ['pipe', 'pipe', 'ignore'] });
  onTestFinished(() => void started.kill('SIGKILL'));
  return started;
}

describe('web streams', () => {
  test('bring chunks of any size, and a file gets their length', async () => {
    const bytes = new Uint8Array(3 * MiB);
    bytes.set(noise(MiB), 12345); // the end is zeroes, which the file has all the same
    let at = 0;
    const stream = new ReadableStream<Uint8Array>({
      pull(controller) {
        const chunk = bytes.slice(at, at + 70_001);
        at += chunk.length;
        if (chunk.length > 0) controller.enqueue(chunk);
        else controller.close();
      },
    });
    const path = join(await temporaryFolder(), 'disk');
    expect(await copy(stream, path)).toMatchObject({ bytes: BigInt(bytes.length) });
    expect(firstDifference(await readFile(path), bytes)).toBe(-1);
    expect((await stat(path)).blocks * 512).toBeLessThan(2 * MiB);
  });

  test('take a disk in its order, zeroes included', async () => {
    const server = await nbdkit('sparse-random', '32M');
    const chunks: Uint8Array[] = [];
    const stream = new WritableStream<Uint8Array>({ write: (chunk) => void chunks.push(chunk) });
    await copy(await connected(server, (nbd) => nbd.addMetaContext(CONTEXT_BASE_ALLOCATION)), stream);
    const path = join(await temporaryFolder(), 'disk');
    await run('nbdcopy', server.uri, path);
    expect(firstDifference(Buffer.concat(chunks), await readFile(path))).toBe(-1);
  });

  test('that are longer than a disk fail with ENOSPC', async () => {
    const nbd = await connected(await nbdkit('memory', '1M'));
    const error = await failure(copy(new Blob([noise(MiB + 1)]).stream(), nbd));
    expect(error).toMatchObject({ code: 'ENOSPC' });
  });

  /** Several requests, and the whole disk by one. */
  const sizes = [2 ** 18, MiB];

  test.for(sizes)('an abort ends a stream that brings nothing, and one that takes nothing, by %d bytes', async (requestSize) => {
    const reason = new Error('stop');
    let cancelled: unknown;
    const silent = new ReadableStream<Uint8Array>({
      cancel: (why) => {
        cancelled = why;
      },
    });
    const abort = new AbortController();
    const copying = failure(copy(silent, new MemoryDisk(MiB), { requestSize, signal: abort.signal }));
    setTimeout(() => abort.abort(reason));
    expect(await copying).toBe(reason);
    expect(cancelled).toBe(reason);
    let aborted: unknown;
    const full = new WritableStream<Uint8Array>({
      write: () => {
        setTimeout(() => other.abort(reason));
        return new Promise(() => {});
      },
      start: (controller) => {
        controller.signal.addEventListener('abort', () => {
          aborted = controller.signal.reason;
        });
      },
    });
    const other = new AbortController();
    expect(await failure(copy(new MemoryDisk(MiB), full, { requestSize, signal: other.signal }))).toBe(reason);
    expect(aborted).toBe(reason);
  });

  test.for(sizes)('that fail end the copy with their error, by %d bytes', async (requestSize) => {
    const thrown = new Error('no more');
    const bad = new ReadableStream<Uint8Array>({
      pull() {
        throw thrown;
      },
    });
    expect(await failure(copy(bad, new MemoryDisk(MiB), { requestSize }))).toBe(thrown);
    const full = new WritableStream({
      write() {
        throw thrown;
      },
    });
    expect(await failure(copy(new MemoryDisk(MiB), full, { requestSize }))).toBe(thrown);
  });

  test('must bring bytes', async () => {
    const texts = new Blob(['x']).stream().pipeThrough(new TextDecoderStream()) as ReadableStream<never>;
    expect(await failure(copy(texts, new MemoryDisk(MiB)))).toBeInstanceOf(TypeError);
  });
});

test('a blob is read at random', async () => {
  const nbd = await connected(await nbdkit('memory', '4M'));
  const bytes = noise(3 * MiB + 7);
  await copy(new Blob([bytes]), nbd, { verify: true });
  expect(firstDifference(await nbd.readFully(bytes.length, 0), bytes)).toBe(-1);
});

describe("Node's streams", () => {
  test('from one, and to one', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'source'), noise(5 * MiB + 3));
    const nbd = await connected(await nbdkit('memory', String(5 * MiB + 512)));
    await copy(createReadStream(join(folder, 'source')), nbd);
    await copy(nbd, createWriteStream(join(folder, 'copy')));
    const copied = await readFile(join(folder, 'copy'));
    expect(copied.length).toBe(5 * MiB + 512);
    expect(firstDifference(copied.subarray(0, 5 * MiB + 3), noise(5 * MiB + 3))).toBe(-1);
  });

  test('from one to another', async () => {
    const path = join(await temporaryFolder(), 'copy');
    const through = new PassThrough();
    const copying = copy(through, createWriteStream(path));
    through.end('12345');
    expect(await copying).toEqual({ bytes: 5n, written: 5n });
    expect(await readFile(path, 'utf8')).toBe('12345');
  });

  test('that fail, or that are closed early, end the copy', async () => {
    const thrown = Object.assign(new Error('full'), { code: 'ENOSPC' });
    const full = new Writable({ write: (_chunk, _encoding, done) => done(thrown) });
    expect(await failure(copy(new MemoryDisk(MiB), full))).toMatchObject({ code: 'ENOSPC' });
    const closed = new PassThrough();
    closed.destroy();
    expect(await failure(copy(new MemoryDisk(MiB), closed))).toMatchObject({ code: 'EPIPE' });
    expect(await failure(copy(closed, new MemoryDisk(MiB)))).toBeInstanceOf(Error);
  });
});

describe('child processes', () => {
  test('a disk goes through gzip into a file, and back', async () => {
    const path = join(await temporaryFolder(), 'disk.gz');
    const nbd = await connected(await nbdkit('pattern', '5M'));
    await copy(nbd, child('sh', '-c', `gzip -1 > ${path}`));
    const other = await connected(await nbdkit('memory', '5M'));
    expect(await copy(child('gzip', '-dc', path), other)).toMatchObject({ bytes: BigInt(5 * MiB) });
    expect(firstDifference(await other.readFully(5 * MiB, 0), pattern(0, 5 * MiB))).toBe(-1);
  });

  test('that fail make the copy fail, in both directions', async () => {
    const nbd = await connected(await nbdkit('memory', '5M'));
    const source = await failure(copy(child('sh', '-c', 'printf 123; exit 3'), nbd));
    expect(source).toMatchObject({ code: 'EIO', message: expect.stringMatching(/sh ended with exit code 3/) });
    const destination = await failure(copy(nbd, child('sh', '-c', 'head -c 1000 >&2; exit 4')));
    expect(destination).toMatchObject({ code: 'EIO', message: expect.stringMatching(/sh ended with exit code 4/) });
    expect(await failure(copy(nbd, child('/no/such/program')))).toMatchObject({ code: 'ENOENT' });
    expect(await failure(copy(child('/no/such/program'), nbd))).toMatchObject({ code: 'ENOENT' });
    const path = join(await temporaryFolder(), 'source'); // it takes a while to open
    await writeFile(path, noise(4096));
    expect(await failure(copy(path, child('/no/such/program')))).toMatchObject({ code: 'ENOENT' });
  });

  test('that are copied to are killed when the source fails: the end of their input would look like the end of the data', async () => {
    const path = join(await temporaryFolder(), 'done');
    const nbd = await connected(await nbdkit('--filter=error', 'memory', '5M', 'error-pread=EIO', 'error-pread-rate=100%'));
    const cat = child('sh', '-c', `cat > /dev/null; echo complete > ${path}`);
    expect(await failure(copy(nbd, cat))).toMatchObject({ code: 'EIO' });
    expect(cat.signalCode).toBe('SIGTERM');
    await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

test('named pipes and devices without offsets are copied from their beginning to their end', async () => {
  const folder = await temporaryFolder();
  const pipe = join(folder, 'pipe');
  await run('mkfifo', pipe);
  const nbd = await connected(await nbdkit('pattern', '2M'));
  const [, sum] = await Promise.all([copy(nbd, pipe), run('sh', '-c', `sha256sum < ${pipe}`)]);
  const memory = new MemoryDisk(2 * MiB);
  await Promise.all([copy(pipe, memory), run('nbdkit', '-U', '-', 'pattern', '2M', '--run', `nbdcopy "$uri" - > ${pipe}`)]);
  expect(firstDifference(memory.bytes, pattern(0, 2 * MiB))).toBe(-1);
  await writeFile(join(folder, 'copy'), memory.bytes);
  expect((await run('sh', '-c', `sha256sum < ${join(folder, 'copy')}`)).toString()).toBe(sum.toString());
  expect(await copy(nbd, '/dev/null')).toMatchObject({ bytes: BigInt(2 * MiB) });
});
