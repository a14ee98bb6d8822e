// Directories of ext2 and ext4 of which a part is damaged: the names that are left are told, then the error, and their files can be read.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type FileSystem, fileSystem, NBDError } from 'libnbd-wasm';
import { describe, expect, test } from 'vitest';
import { run as exec, failure, main } from '../node/cli.js';
import { MemoryDisk } from '../support/memory_disk.js';
import { run, temporaryFolder } from '../support/processes.js';
import { debugfs, mke2fs } from './trees.js';

const blockSize = 1024;
const names = 2000;

interface Made {
  readonly image: string;
  readonly bytes: Uint8Array;
  /** Of the directory of many names. */
  readonly blocks: readonly number[];
  /** Of the directory of three. */
  readonly few: number;
}

async function make(type: string, ...options: string[]): Promise<Made> {
  const folder = await temporaryFolder();
  const script =
    'cd "$0" && mkdir many few && touch few/a few/b few/c && cd many && seq "$1" | sed "s/^/name /" | xargs -d "\\n" touch';
  await run('sh', '-c', script, folder, String(names));
  const image = await mke2fs(type, folder, '16M', '-b', String(blockSize), '-N', '4096', ...options);
  const blocks = async (path: string) => (await debugfs(image, `blocks ${path}`)).trim().split(/\s+/).map(Number);
  const [few = 0] = await blocks('/few');
  return { image, bytes: new Uint8Array(await readFile(image)), blocks: await blocks('/many'), few };
}

const open = (bytes: Uint8Array): Promise<FileSystem> => fileSystem(new MemoryDisk(bytes), { type: 'ext4' });

/** The names that are told, and the error that comes after them. */
async function list(files: FileSystem, path: string): Promise<{ found: string[]; error: NBDError | undefined }> {
  const found: string[] = [];
  try {
    for await (const { name } of files.readdir(path)) found.push(name);
  } catch (error) {
    if (!(error instanceof NBDError)) throw error;
    return { found, error };
  }
  return { found, error: undefined };
}

const damaged = ({ bytes }: Made, block: number, change: (block: Uint8Array) => void): Uint8Array => {
  const copy = bytes.slice();
  change(copy.subarray(block * blockSize, (block + 1) * blockSize));
  return copy;
};
const zeroed = (made: Made, block: number) => damaged(made, block, (bytes) => bytes.fill(0));

describe.for([
  ['ext4 with checksums', ['ext4']],
  ['ext4 without', ['ext4', '-O', '^metadata_csum']],
  ['ext2', ['ext2']],
] as const)('%s', ([, [type, ...options]]) => {
  test('of one whose only block is zeroes nothing is told but the error', async () => {
    const made = await make(type, ...options);
    using files = await open(zeroed(made, made.few));
    const { found, error } = await list(files, '/few');
    expect(found).toEqual([]);
    expect(error).toMatchObject({ code: 'EUCLEAN', message: expect.stringContaining(`offset ${made.few * blockSize} of the`) });
    await expect(files.stat('/few/a')).rejects.toThrow(expect.objectContaining({ code: 'EUCLEAN' }));
    expect((await list(files, '/many')).found).toHaveLength(names);
  });

  test('of a large one without a block in the middle the others are told, and can be opened', async () => {
    const made = await make(type, ...options);
    using files = await open(zeroed(made, made.blocks[20] ?? 0));
    const { found, error } = await list(files, '/many');
    expect(found.length).toBeGreaterThan(names - 100);
    expect(found.length).toBeLessThan(names);
    expect(error).toMatchObject({
      code: 'EUCLEAN',
      message: expect.stringMatching(
        /^readdir: \/many: libext2fs: .*: a damaged part, at offset \d+ of the file system\. Names may/,
      ),
    });
    for (const name of [found[0], found.at(-1)]) expect(await files.stat(`/many/${name}`)).toMatchObject({ type: 'file' });
    const missing = Array.from({ length: names }, (_, i) => `name ${i + 1}`).find((name) => !found.includes(name));
    await expect(files.stat(`/many/${missing}`)).rejects.toThrow(expect.objectContaining({ code: 'EUCLEAN' }));
  });
});

test('the root of a hashed directory that is garbage costs no name', async () => {
  const made = await make('ext4', '-O', '^metadata_csum');
  await run('sh', '-c', 'e2fsck -fyD "$0" >/dev/null || [ $? = 1 ]', made.image);
  expect(await debugfs(made.image, 'htree_dump /many')).toContain('Root node dump');
  const [root = 0] = (await debugfs(made.image, 'blocks /many')).trim().split(/\s+/).map(Number);
  const hashed = { ...made, bytes: new Uint8Array(await readFile(made.image)) };
  using files = await open(damaged(hashed, root, (block) => block.fill(0x5a)));
  const { found, error } = await list(files, '/many');
  expect(new Set(found).size).toBe(names);
  expect(error).toMatchObject({ code: 'EUCLEAN', message: expect.stringContaining(`offset ${root * blockSize} of the`) });
  expect(await files.stat('/many/name 1000')).toMatchObject({ type: 'file' });
});

test('one bit is enough where there are checksums', async () => {
  const made = await make('ext4');
  using files = await open(
    damaged(made, made.blocks[7] ?? 0, (block) => {
      block[100] = (block[100] ?? 0) ^ 1;
    }),
  );
  const { found, error } = await list(files, '/many');
  expect(found.length).toBeLessThan(names);
  expect(error).toMatchObject({ code: 'EUCLEAN', message: expect.stringContaining('checksum does not match') });
});

test('one that has lost its blocks is damaged, and not empty', async () => {
  const made = await make('ext2');
  await debugfs(made.image, 'sif /few block[0] 0');
  using files = await open(new Uint8Array(await readFile(made.image)));
  expect(await list(files, '/few')).toMatchObject({ found: [], error: { code: 'EUCLEAN' } });
});

test('a block that the disk cannot read costs the names in it', async () => {
  const made = await make('ext4');
  const bad = (made.blocks[20] ?? 0) * blockSize;
  const disk = new MemoryDisk(made.bytes);
  disk.before = async (request) => {
    const [, count = 0, offset = 0] = request.split(' ').map(Number);
    if (offset <= bad && bad < offset + count) throw new NBDError('a bad sector', 'EIO');
  };
  using files = await fileSystem(disk, { type: 'ext4', cache: { blockSize } });
  const { found, error } = await list(files, '/many');
  expect(found.length).toBeGreaterThan(0);
  expect(found.length).toBeLessThan(names);
  expect(error).toMatchObject({ code: 'EIO', message: expect.stringContaining('a bad sector') });
});

/** A disk whose folder lacks one of its blocks, for programs that read it from a server. */
async function makeDamaged() {
  const made = await make('ext4');
  const block = [`bs=${blockSize}`, `seek=${made.blocks[20]}`, 'count=1'];
  await run('dd', 'if=/dev/zero', `of=${made.image}`, ...block, 'conv=notrunc', 'status=none');
  return made;
}

test('ls prints the names that are left, then the error', async () => {
  const { image } = await makeDamaged();
  const { stdout, stderr } = await exec(process.execPath, [main, 'ls', '[', 'nbdkit', 'file', image, ']', '/many']).catch(
    (error: { stdout: string; stderr: string }) => error,
  );
  expect(stdout.split('\n').length).toBeGreaterThan(names - 100);
  expect(stderr).toMatch(/^libnbd-wasm: readdir: \/many: libext2fs: .*Names may be missing\n$/);
});

test('cp -R brings what is left', async () => {
  const { image } = await makeDamaged();
  const out = join(await temporaryFolder(), 'out');
  const { stderr } = await failure('cp', '-R', '[', 'nbdkit', 'file', image, ']', '/many', out);
  expect(stderr).toContain('Names may be missing');
  expect((await run('ls', out)).toString().split('\n').length).toBeGreaterThan(names - 100);
});
