// Incremental copies: what a dirty bitmap of qemu's says has changed.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CONTEXT_BASE_ALLOCATION, copy, type NBD } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { firstDifference, noise } from '../support/bytes.js';
import { connected, failure } from '../support/handles.js';
import { OwnedProcess, run, temporaryFolder } from '../support/processes.js';
import { nbdkit, qemuNbd, Server } from '../support/servers.js';

const MiB = 2 ** 20;
const context = 'qemu:dirty-bitmap:changes';

/** A qcow2 image of 8 MiB with data, a bitmap, and then changes: new data, zeroes over data, new data in a hole. */
async function changedImage(folder: string): Promise<{ before: string; server: Server }> {
  const image = join(folder, 'image.qcow2');
  const before = join(folder, 'before.img');
  const io = (...commands: string[]) => run('qemu-io', '-f', 'qcow2', ...commands.flatMap((command) => ['-c', command]), image);
  await run('qemu-img', 'create', '-q', '-f', 'qcow2', image, '8M');
  await io('write -P 1 0 3M', 'write -P 2 4M 1M');
  await run('qemu-img', 'convert', '-O', 'raw', image, before);
  await run('qemu-img', 'bitmap', '--add', image, 'changes');
  await io('write -P 3 1M 200k', 'write -z 2M 64k', 'write -P 4 6M 64k');
  const [path, pidfile] = [join(folder, 'socket'), join(folder, 'pid')];
  const options = ['--persistent', '--shared=0', '--read-only', '--format=qcow2', '--bitmap=changes'];
  const process = new OwnedProcess(['qemu-nbd', ...options, `--pid-file=${pidfile}`, `--socket=${path}`, image]);
  await process.untilFileExists(pidfile);
  return { before, server: new Server({ path }, process) };
}

const withBitmap = (nbd: NBD) => {
  nbd.addMetaContext(context);
  nbd.addMetaContext(CONTEXT_BASE_ALLOCATION);
};

test('an old copy in a file becomes the new one by what has changed alone', async () => {
  const { before, server } = await changedImage(await temporaryFolder());
  const result = await copy(await connected(server, withBitmap), before, { onlyDirty: context, verify: true });
  expect(result.bytes).toBe(BigInt(8 * MiB));
  expect(result.written).toBeLessThanOrEqual(BigInt(MiB / 2));
  await run('qemu-img', 'compare', '-f', 'raw', '-F', 'raw', server.uri, before);
});

test('so does one on a server, without base:allocation as well', async () => {
  const { before, server } = await changedImage(await temporaryFolder());
  const old = await qemuNbd({ format: 'qcow2', size: 8 * MiB, content: await readFile(before) });
  await copy(await connected(server, (nbd) => nbd.addMetaContext(context)), await connected(old), { onlyDirty: context });
  await run('qemu-img', 'compare', '-f', 'raw', '-F', 'raw', server.uri, old.uri);
});

test('what is clean stays as it is, whatever it is', async () => {
  const folder = await temporaryFolder();
  const { server } = await changedImage(folder);
  const path = join(folder, 'other.img');
  await writeFile(path, noise(8 * MiB));
  await copy(await connected(server, withBitmap), path, { onlyDirty: context });
  const bytes = await readFile(path);
  expect(firstDifference(bytes.subarray(0, MiB), noise(MiB))).toBe(-1);
  expect(bytes.subarray(MiB, MiB + 200 * 1024).every((byte) => byte === 3)).toBe(true);
  expect(bytes.subarray(2 * MiB, 2 * MiB + 65536).every((byte) => byte === 0)).toBe(true);
  expect(firstDifference(bytes.subarray(7 * MiB), noise(8 * MiB).subarray(7 * MiB))).toBe(-1);
});

test('a bitmap that was not negotiated is refused', async () => {
  const path = join(await temporaryFolder(), 'disk');
  expect(await failure(copy(await connected(await nbdkit('memory', '1M')), path, { onlyDirty: context }))).toMatchObject({
    code: 'ENOTSUP',
  });
});
