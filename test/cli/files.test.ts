// ls, cat and cp, beside coreutils on the folder that a disk was made of; and disks that want to write where they should not.
import { lstat, mkdir, readdir, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { debugfs, MiB, mke2fs, sparse, tree } from '../files/trees.js';
import { run as exec, failure, main, ours } from '../node/cli.js';
import { run, temporaryFolder } from '../support/processes.js';

const serving = (image: string): string[] => ['[', 'nbdkit', 'file', image, ']'];
/** What it prints on both. */
const run2 = (...words: string[]) => exec(process.execPath, [main, ...words]);
const native = async (folder: string, ...argv: string[]): Promise<string> =>
  String(await run('sh', '-c', 'cd "$0" && shift 0 && LC_ALL=C exec "$@"', folder, ...argv));

describe('ls', () => {
  test('lists what ls lists', async () => {
    const folder = await tree();
    const image = await mke2fs('ext4', folder, '64M');
    await debugfs(image, 'rmdir lost+found');
    expect(await ours('ls', '-aR', ...serving(image), '/deep')).toBe(
      (await native(folder, 'ls', '-aR', 'deep')).replaceAll(/^deep/gm, '/deep'),
    );
    expect(await ours('ls', ...serving(image))).toBe(await native(folder, 'ls', '-N'));
    expect(await ours('ls', ...serving(image), '/odd')).toBe(await native(join(folder, 'odd'), 'ls', '-N'));
    expect(await ours('ls', ...serving(image), '/one')).toBe('/one\n');
  });

  test('-l has their permissions, owners, sizes and targets', async () => {
    const folder = await tree();
    await run('chmod', '4751', join(folder, 'six'));
    await run('chmod', '1777', join(folder, 'odd'));
    const image = await mke2fs('ext4', folder, '64M', '-b', '4096');
    await debugfs(image, 'rmdir lost+found');
    const format = (text: string) => text.split('\n').map((line) => line.replaceAll(/ +/g, ' '));
    const wanted = await native(folder, 'env', 'TZ=UTC', 'ls', '-lnN', '--time-style=+%Y-%m-%d %H:%M', '.');
    const found = await ours('ls', '-l', ...serving(image), '/');
    const isFile = (line: string) => !line.startsWith('d') && !line.startsWith('total'); // a directory's size is its file system's
    expect(format(found).filter(isFile)).toEqual(format(wanted).filter(isFile));
    expect(format(found).find((line) => line.endsWith(' odd'))).toMatch(/^drwxrwxrwt 2 0 0 /);
  });

  test('--json is for programs', async () => {
    const folder = await tree();
    const image = await mke2fs('ext4', folder, '64M');
    const { entries } = JSON.parse(await ours('ls', '--json', ...serving(image), '/'));
    const names = entries.map(({ name }: { name: string }) => name);
    expect(names).toContain('tiny');
    expect(entries.find(({ name }: { name: string }) => name === 'tiny')).toMatchObject({
      type: 'file',
      mode: '0644',
      size: 34,
      mtimeNs: 987_654_321_000_000_000,
    });
    expect(entries.find(({ name }: { name: string }) => name === 'link')).toMatchObject({ type: 'symlink', target: 'one' });
  });
});

describe('cat', () => {
  test('prints a file, of a partition too', async () => {
    const folder = await tree();
    const image = await mke2fs('ext4', folder, '32M');
    const disk = join(await temporaryFolder(), 'disk');
    await run('truncate', '-s', '40M', disk);
    await run('sh', '-c', 'printf "label: gpt\\nstart=2048, size=2048\\nstart=4096, size=65536\\n" | sfdisk --quiet "$0"', disk);
    await run('dd', `if=${image}`, `of=${disk}`, 'bs=1M', 'seek=2', 'conv=notrunc,sparse', 'status=none');
    expect(await ours('cat', ...serving(disk), '2:/tiny')).toBe(await readFile(join(folder, 'tiny'), 'utf8'));
    const { stderr } = await failure('cat', ...serving(disk), '7:/tiny');
    expect(stderr).toBe('libnbd-wasm: there is no partition 7 on the disk: it has 1, 2\n');
    expect((await failure('cat', ...serving(disk), '/tiny')).stderr).toContain(
      'name one of its partitions, 1 (unknown), 2 (ext4)',
    );
  });
});

describe('cp', () => {
  test('-R brings all of it back, with its holes, times and permissions', async () => {
    const folder = await tree();
    await run('chmod', '6755', join(folder, 'six'));
    const image = await mke2fs('ext4', folder, '64M', '-b', '4096');
    await debugfs(image, 'rmdir lost+found');
    const out = join(await temporaryFolder(), 'out');
    await ours('cp', '-R', ...serving(image), '/', out);
    await run('diff', '--recursive', '--no-dereference', folder, out);
    expect((await stat(join(out, 'six'))).mode & 0o7777).toBe(0o755);
    expect((await stat(join(out, 'tiny'))).mtimeMs).toBe(987_654_321_000);
    expect((await stat(join(out, 'holes'))).blocks).toBeLessThan(64);
    expect((await lstat(join(out, 'deep'))).mtimeMs).toBe(Math.floor((await stat(join(folder, 'deep'))).mtimeMs / 1000) * 1000);
  });

  test('a file, into a directory or under a name', async () => {
    const image = await mke2fs('ext4', await tree(), '64M');
    const folder = await temporaryFolder();
    await ours('cp', ...serving(image), '/tiny', folder);
    await ours('cp', ...serving(image), '/link', join(folder, 'followed'));
    expect(await readFile(join(folder, 'tiny'), 'utf8')).toContain('inode');
    expect((await stat(join(folder, 'followed'))).size).toBe(MiB);
    expect((await failure('cp', ...serving(image), '/many', folder)).stderr).toBe(
      'libnbd-wasm: /many is a directory: -R copies it\n',
    );
  });

  test('a file that ends with a hole', async () => {
    const folder = await temporaryFolder();
    await sparse(join(folder, 'file'), 5 * MiB, [[100, 'data']]);
    const image = await mke2fs('ext4', undefined, '32M');
    await debugfs(image, `write ${join(folder, 'file')} file`, `sif file size ${5 * MiB}`);
    await ours('cp', ...serving(image), '/file', join(folder, 'copy'));
    await run('cmp', join(folder, 'copy'), join(folder, 'file'));
  });
});

describe('a hostile disk', () => {
  /** A disk with names that are others in its bytes. */
  async function renamed(folder: string, names: Readonly<Record<string, string>>): Promise<string> {
    const image = await mke2fs('ext4', folder, '16M', '-O', '^metadata_csum,^dir_index');
    let bytes = (await readFile(image)).toString('latin1');
    for (const [from, to] of Object.entries(names)) {
      expect(from).toHaveLength(to.length);
      bytes = bytes.replaceAll(from, to);
    }
    await writeFile(image, Buffer.from(bytes, 'latin1'));
    return image;
  }

  /** What is in a folder, and below it. */
  const below = async (folder: string) => (await readdir(folder, { recursive: true })).sort();

  test('writes nothing outside the destination by its names', async () => {
    const folder = await temporaryFolder();
    for (const name of ['QQ-up', 'dir-QQ', 'fine']) await writeFile(join(folder, name), name);
    await mkdir(join(folder, 'ZZ'));
    await writeFile(join(folder, 'ZZ', 'inside'), 'inside');
    const image = await renamed(folder, { 'QQ-up': '../up', 'dir-QQ': 'dir\0QQ', ZZ: '..' });
    const out = join(await temporaryFolder(), 'a', 'out');
    await mkdir(join(out, '..'), { recursive: true });
    const { code, stderr } = await failure('cp', '-R', ...serving(image), '/', out);
    expect(code).toBe(1);
    expect(stderr.match(/this is no name for a file/g)).toHaveLength(2);
    expect(await below(join(out, '..', '..'))).toEqual(['a', 'a/out', 'a/out/fine', 'a/out/lost+found']);
  });

  test('is not followed through its own links', async () => {
    const outside = await temporaryFolder();
    const folder = await temporaryFolder();
    await symlink(outside, join(folder, 'aa-door'));
    await mkdir(join(folder, 'bb-door'));
    await writeFile(join(folder, 'bb-door', 'evil'), 'evil');
    const image = await renamed(folder, { 'bb-door': 'aa-door' });
    const out = join(await temporaryFolder(), 'out');
    expect((await failure('cp', '-R', ...serving(image), '/', out)).stderr).toContain('is a directory already');
    expect(await readdir(outside)).toEqual([]);
    expect(await below(out)).toEqual(['aa-door', 'lost+found']);
    expect((await lstat(join(out, 'aa-door'))).isDirectory()).toBe(true);
  });

  test('is not followed through links that are in the destination', async () => {
    const outside = await temporaryFolder();
    await writeFile(join(outside, 'precious'), 'precious');
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'sub'));
    await writeFile(join(folder, 'sub', 'evil'), 'evil');
    await writeFile(join(folder, 'file'), 'new');
    const image = await mke2fs('ext4', folder, '16M');
    const out = await temporaryFolder();
    await mkdir(join(out, 'x'));
    await symlink(outside, join(out, 'x', 'sub'));
    await symlink(join(outside, 'precious'), join(out, 'x', 'file'));
    const { stderr } = await failure('cp', '-R', ...serving(image), '/', join(out, 'x'));
    expect(stderr).toContain('sub is there already, and is no directory: it is not followed');
    expect(await readdir(outside)).toEqual(['precious']);
    expect(await readFile(join(outside, 'precious'), 'utf8')).toBe('precious');
    expect(await readlink(join(out, 'x', 'sub'))).toBe(outside);
    expect(await readFile(join(out, 'x', 'file'), 'utf8')).toBe('new');
  });

  test('is not followed through a link of the name that it is copied to', async () => {
    const outside = await temporaryFolder();
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'photos'));
    await writeFile(join(folder, 'photos', 'evil'), 'evil');
    const image = await mke2fs('ext4', folder, '16M');
    const out = await temporaryFolder();
    await symlink(outside, join(out, 'photos'));
    const { code, stderr } = await failure('cp', '-R', ...serving(image), '/photos', out);
    expect(code).toBe(1);
    expect(stderr).toContain('photos is there already, and is no directory: it is not followed');
    expect(await readdir(outside)).toEqual([]);
    await ours('cp', '-R', ...serving(image), '/photos', join(out, 'photos')); // whoever names a link to a directory means that
    expect(await readdir(outside)).toEqual(['photos']);
  });

  test('changes nothing of directories that were there, and takes no place of a pipe', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'pipe'), 'a file here');
    await run('chmod', '777', folder);
    const image = await mke2fs('ext4', folder, '16M');
    await debugfs(image, 'sif / mode 040777');
    const out = await temporaryFolder();
    await run('chmod', '750', out);
    await run('mkfifo', join(out, 'pipe'));
    const { stderr } = await failure('cp', '-R', ...serving(image), '/', out);
    expect(stderr).toContain('pipe is there already, and is no regular file: it stays as it is');
    expect((await stat(out)).mode & 0o7777).toBe(0o750);
    expect((await stat(join(out, 'pipe'))).isFIFO()).toBe(true);
  });

  test('cannot take away what is there by failing', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'file'), 'new');
    const image = await mke2fs('ext4', folder, '16M', '-O', '^metadata_csum,^inline_data');
    await debugfs(image, 'sif file block[2] 0', 'sif file flags 0', 'sif file block[0] 0x7fffffff');
    const out = await temporaryFolder();
    await writeFile(join(out, 'file'), 'precious');
    expect((await failure('cp', ...serving(image), '/file', out)).stderr).toMatch(/file: .*(outside|could not be read|Illegal)/);
    expect(await readFile(join(out, 'file'), 'utf8')).toBe('precious');
    expect(await readdir(out)).toEqual(['file']);
  });

  test('has an end, also where a directory is inside itself', async () => {
    const image = await mke2fs('ext4', undefined, '16M', '-O', '^metadata_csum');
    await debugfs(image, 'mkdir d', 'ln d d/again');
    const out = join(await temporaryFolder(), 'out');
    expect((await failure('cp', '-R', ...serving(image), '/', out)).stderr).toContain('/d/again: the directory is inside itself');
    expect(await below(out)).toEqual(['d', 'lost+found']);
    expect((await failure('ls', '-R', ...serving(image), '/')).stderr).toContain('/d/again is inside itself');
  });

  test('says what is wrong with it', async () => {
    const image = await mke2fs('ext4', undefined, '16M');
    await debugfs(image, 'ssv state 0');
    const { stderr } = await run2('ls', ...serving(image), '/');
    expect(stderr).toBe('libnbd-wasm: the ext4: it was not unmounted cleanly\n');
  });

  test('makes no devices, and no programs with rights of others', async () => {
    const image = await mke2fs('ext4', undefined, '16M');
    const file = join(await temporaryFolder(), 'file');
    await writeFile(file, '#!/bin/sh\n');
    await debugfs(image, 'mknod disk b 8 0', 'mknod pipe p', `write ${file} setuid`, 'sif setuid mode 0106777');
    const out = join(await temporaryFolder(), 'out');
    const { stderr } = await failure('cp', '-R', ...serving(image), '/', out);
    expect(stderr).toContain('/disk is left out: it is no file, directory or symbolic link (block)');
    expect(stderr).toContain('/pipe is left out');
    expect(await below(out)).toEqual(['lost+found', 'setuid']);
    expect((await stat(join(out, 'setuid'))).mode & 0o7777).toBe(0o777);
    expect(await ours('ls', '-l', ...serving(image), '/disk')).toMatch(/^b--------- 1 0 0 8, 0 /);
  });
});
