// Image files: an image is what its format is told to be, and names nothing that is then opened.
import { execFile } from 'node:child_process';
import { open, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { connectWebSocket, type NBD } from 'libnbd-wasm';
import { describe, expect, test } from 'vitest';
import { pattern } from '../support/bytes.js';
import { newHandle } from '../support/handles.js';
import { run, temporaryFolder } from '../support/processes.js';
import { addressOf, inspect } from './inspect.js';

const secret = Buffer.from('what the host alone may read\n'.padEnd(512, '.'));

/** A folder with a file that no image may lead to. */
async function folderWithSecret(): Promise<{ path: (name: string) => string; secretPath: string }> {
  const folder = await temporaryFolder();
  const path = (name: string) => join(folder, name);
  await writeFile(path('secret'), Buffer.concat([secret, Buffer.alloc(2 ** 20 - 512)]));
  return { path, secretPath: path('secret') };
}

const qemuImg = (...args: string[]) => run('qemu-img', ...args);

async function diskOf(path: string, ...options: string[]): Promise<NBD> {
  const program = await inspect([...options, path]);
  const { webSocket } = await addressOf(program);
  const nbd = await newHandle();
  nbd.addMetaContext('qemu:allocation-depth');
  await nbd.connectSocket(connectWebSocket(webSocket(path.split('/').at(-1) ?? '')));
  return nbd;
}

/** What is said, of a file that is not served. */
async function refusalOf(path: string, ...options: string[]): Promise<string> {
  const program = await inspect([...options, path]);
  expect(await program.exit).toBe(1);
  expect(program.stdout).toBe('');
  return program.stderr;
}

describe('a file', () => {
  test('is raw, whatever is in it', async () => {
    const { path, secretPath } = await folderWithSecret();
    await qemuImg('create', '-q', '-f', 'qcow2', '-b', secretPath, '-F', 'raw', path('guest.img'), '1M');
    const nbd = await diskOf(path('guest.img'));
    expect(Buffer.from(await nbd.pread(4, 0))).toEqual(Buffer.from('QFI\xfb', 'latin1'));
    expect(nbd.isReadOnly()).toBe(true);
  });

  test.for(['with:colon.img', 'json:{"driver":"null-co"}', 'nbd://host.img', ' [1] ü,,.img'])(
    'can be called %j',
    async (name) => {
      const { path } = await folderWithSecret();
      const file = name.includes('//') ? 'nbd:host.img' : name;
      await writeFile(path(file), pattern(0, 4096));
      expect(await (await diskOf(path(file))).pread(512, 1024)).toEqual(pattern(1024, 512));
    },
  );

  test.for(['qcow2', 'vmdk', 'vdi', 'vhdx', 'vpc'])('is of a format that is told: %s', async (format) => {
    const { path } = await folderWithSecret();
    await writeFile(path('raw'), pattern(0, 2 ** 20));
    await qemuImg('convert', '-f', 'raw', '-O', format, path('raw'), path('image'));
    const nbd = await diskOf(path('image'), '--format', format);
    expect(nbd.getSize()).toBeGreaterThanOrEqual(2n ** 20n);
    expect(await nbd.pread(4096, 65536)).toEqual(pattern(65536, 4096));
    expect(nbd.canMetaContext('qemu:allocation-depth')).toBe(true);
  });

  test('that is not there, or is a folder, is refused', async () => {
    const { path } = await folderWithSecret();
    expect(await refusalOf(path('nothing'))).toMatch(/ENOENT.*nothing/);
    expect(await refusalOf(path(''))).toMatch(/is neither a file nor a block device/);
    expect(await refusalOf(path('secret'), '--format', 'qcow2')).toMatch(/secret is no qcow2 image/);
    expect(await refusalOf(path('secret'), '--format', 'vmdk')).toMatch(/secret is no VMDK image of one file/);
    expect(await refusalOf(path('secret'), '--format', 'dmg')).toMatch(/--format takes raw, qcow2, .*, not dmg/);
    expect(await refusalOf(path('secret'), '--format', 'vdi')).toMatch(
      /qemu-nbd does not serve .*secret: it has ended \(exit code 1\)/,
    );
  });
});

describe('an image that names another file is refused, before qemu-nbd opens it', () => {
  const makers: [string, string, (image: string, secretPath: string) => Promise<unknown>][] = [
    [
      'qcow2 with a backing file',
      'qcow2',
      (image, base) => qemuImg('create', '-q', '-f', 'qcow2', '-b', base, '-F', 'raw', image, '1M'),
    ],
    [
      'qcow2 of version 2 with a backing file',
      'qcow2',
      (image, base) =>
        qemuImg('create', '-q', '-f', 'qcow2', '-o', `compat=0.10,backing_file=${base},backing_fmt=raw`, image, '1M'),
    ],
    [
      'qcow2 with a backing file of qemu’s JSON',
      'qcow2',
      (image, base) =>
        qemuImg('create', '-q', '-u', '-f', 'qcow2', '-b', `json:{"driver":"raw","file":"${base}"}`, '-F', 'raw', image, '1M'),
    ],
    [
      'qcow2 with an external data file',
      'qcow2',
      async (image, base) => {
        await qemuImg('create', '-q', '-f', 'qcow2', '-o', `data_file=${base}.copy,data_file_raw=on`, image, '1M');
        await qemuImg('amend', '-f', 'qcow2', '-o', `data_file=${base}`, image).catch(() => {}); // older ones cannot; the name is no matter
      },
    ],
    [
      'VMDK with a backing file',
      'vmdk',
      async (image, base) => {
        await qemuImg('convert', '-f', 'raw', '-O', 'vmdk', base, `${base}.vmdk`);
        await qemuImg('create', '-q', '-f', 'vmdk', '-b', `${base}.vmdk`, '-F', 'vmdk', image);
      },
    ],
    [
      'VMDK with a backing file, whose header names a clean descriptor elsewhere',
      'vmdk',
      async (image, base) => {
        await qemuImg('convert', '-f', 'raw', '-O', 'vmdk', base, `${base}.vmdk`);
        await qemuImg('create', '-q', '-f', 'vmdk', '-b', `${base}.vmdk`, '-F', 'vmdk', image);
        const clean = Buffer.alloc(20 * 512);
        clean.write('# Disk DescriptorFile\nparentCID=ffffffff\n');
        const at = Math.ceil((await stat(image)).size / 512);
        const place = Buffer.alloc(8);
        place.writeBigUInt64LE(BigInt(at));
        const file = await open(image, 'r+');
        await file.write(place, 0, 8, 28);
        await file.write(clean, 0, clean.length, at * 512);
        await file.close();
      },
    ],
    ['VMDK that describes extents', 'vmdk', (image, base) => writeFile(image, descriptor(base))],
    [
      'VMDK that describes extents in a sparse header',
      'vmdk',
      async (image, base) => {
        const header = Buffer.alloc(512);
        header.write('KDMV');
        header.writeUInt32LE(1, 4);
        header.writeBigUInt64LE(1n, 28); // the descriptor's sector; a capacity of 0 says that it counts
        header.writeBigUInt64LE(20n, 36);
        await writeFile(image, Buffer.concat([header, Buffer.from(descriptor(base)), Buffer.alloc(20 * 512)]));
      },
    ],
    [
      'VMDK of several extents',
      'vmdk',
      (image) => qemuImg('create', '-q', '-f', 'vmdk', '-o', 'subformat=twoGbMaxExtentSparse', image, '1M'),
    ],
    [
      'VHD that is a difference',
      'vpc',
      async (image) => {
        await qemuImg('create', '-q', '-f', 'vpc', image, '1M');
        const file = await open(image, 'r+');
        await file.write(Uint8Array.of(0, 0, 0, 4), 0, 4, 60);
        await file.close();
      },
    ],
  ];

  const descriptor = (path: string) =>
    `# Disk DescriptorFile\nversion=1\nCID=1\nparentCID=ffffffff\ncreateType="monolithicFlat"\n\nRW 2048 FLAT "${path}" 0\n`;

  test.for(makers)('%s', async ([, format, make]) => {
    const { path, secretPath } = await folderWithSecret();
    await make(path('image'), secretPath);
    expect(await refusalOf(path('image'), '--format', format)).toMatch(/image names another file, which is not opened for it/);
  });

  test('what qemu-nbd says of one does not reach the terminal as it is', async () => {
    const { path } = await folderWithSecret();
    await qemuImg('create', '-q', '-f', 'qcow2', path('image'), '1M');
    const file = await open(path('image'), 'r+');
    await file.write(Uint8Array.of(0x80), 0, 1, 72); // a feature that qemu does not know, whose name the image has
    const { buffer } = await file.read(Buffer.alloc(4096), 0, 4096, 0);
    const table = buffer.indexOf(Buffer.of(0x68, 0x03, 0xf8, 0x57)); // qcow2's header extension of names
    expect(table).toBeGreaterThan(0);
    const entry = Buffer.alloc(48);
    entry.set([0, 63]);
    entry.write('\x1b]0;owned\x07', 2, 'latin1');
    await file.write(entry, 0, 48, table + 8);
    await file.close();
    const program = await inspect(['--format', 'qcow2', '--no-open', path('image')]);
    expect(await program.exit).toBe(1);
    expect(program.stderr).toContain('\\u001b]0;owned');
    expect(program.stderr).not.toContain('\x1b');
  });

  // What the headers' check rests on: qemu itself would open the file.
  test('and qemu would have opened it', async () => {
    const { path, secretPath } = await folderWithSecret();
    await writeFile(path('image'), descriptor(secretPath));
    const read = promisify(execFile)('qemu-io', ['-r', '-f', 'vmdk', '-c', 'read -v 0 512', path('image')]);
    expect((await read).stdout).toContain('what.the.host.al');
  });
});
