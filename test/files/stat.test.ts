// What is told of each file, beside what debugfs says of its inode: modes, owners, sizes, links, devices, and times to the nanosecond.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileStat, FileSystem } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { run, temporaryFolder } from '../support/processes.js';
import { filesOf, mke2fs, tree } from './trees.js';

const types: Readonly<Record<string, string>> = {
  regular: 'file',
  directory: 'directory',
  symlink: 'symlink',
  'character special': 'character',
  'block special': 'block',
  FIFO: 'fifo',
  socket: 'socket',
};

/** All that is below a directory, but for names that a command cannot have. */
async function statsBelow(files: FileSystem, path: string, found = new Map<string, FileStat>()): Promise<Map<string, FileStat>> {
  for await (const { name, bytes: _bytes, ...stat } of files.readdir(path)) {
    const own = `${path}/${name}`;
    found.set(own, stat as FileStat);
    if (stat.type === 'directory') await statsBelow(files, own, found);
  }
  return found;
}

async function script(image: string, lines: readonly string[]): Promise<string> {
  const path = join(await temporaryFolder(), 'script');
  await writeFile(path, `${lines.join('\n')}\n`);
  return String(await run('env', 'DEBUGFS_PAGER=__none__', 'debugfs', '-w', '-f', path, image)); // or each answer has a pager's process
}

const number = (text: string, pattern: RegExp): number => Number(pattern.exec(text)?.[1]);

/** Seconds of 34 bits, and nanoseconds: the lower two bits of what debugfs has after the colon are the upper ones of the seconds. */
function time(text: string, name: string): bigint | undefined {
  const [, seconds, extra = '0'] = new RegExp(`^ *${name}: 0x([0-9a-f]+)(?::([0-9a-f]+))?`, 'm').exec(text) ?? [];
  if (seconds === undefined) return undefined;
  const more = BigInt(`0x${extra}`);
  return (BigInt.asIntN(32, BigInt(`0x${seconds}`)) + ((more & 3n) << 32n)) * 1_000_000_000n + (more >> 2n);
}

function toldByDebugfs(text: string): Partial<FileStat> {
  const [, type = ''] = /Type: (.+?) +Mode:/.exec(text) ?? [];
  const [, major, minor] = /Device major\/minor number: (\d+):(\d+)/.exec(text) ?? [];
  const birthtimeNs = time(text, 'crtime');
  return {
    type: types[type] as FileStat['type'],
    mode: Number.parseInt(/Mode: +(\d+)/.exec(text)?.[1] ?? '', 8),
    uid: number(text, /User: +(-?\d+)/) >>> 0, // it prints them with a sign
    gid: number(text, /Group: +(-?\d+)/) >>> 0,
    size: BigInt(number(text, /Size: (\d+)/)),
    links: number(text, /Links: (\d+)/),
    allocated: BigInt(number(text, /Blockcount: (\d+)/)) * 512n,
    inode: BigInt(number(text, /Inode: (\d+)/)),
    ...Object.fromEntries(['mtime', 'atime', 'ctime'].map((name) => [`${name}Ns`, time(text, name)])),
    ...(birthtimeNs === undefined || birthtimeNs === 0n ? {} : { birthtimeNs }),
    ...(major === undefined ? {} : { device: { major: Number(major), minor: Number(minor) } }),
  };
}

/** Inodes that are hard to tell of. */
const hard = [
  'sif six mode 0104755', // setuid
  'sif empty mode 0102710', // setgid
  'sif odd mode 041777', // sticky
  'sif tiny uid 70000',
  'sif tiny gid 3000000001',
  'sif tiny uid_high 0xfffe',
  'mknod terminal c 4 64',
  'mknod disk b 3 7',
  'sif disk block[0] 0', // its number needs the new way
  'sif disk block[1] 0x11112c71',
  'mknod pipe p',
];

/** Before 1970, the first and the last second of 32 bits, after 2038, and the last of 34. With nanoseconds where there is room. */
const times = [
  ['one', '0x80000000', '0'],
  ['six', '0xffffffff', '0xee6b27fc'],
  ['empty', '0x7fffffff', '0x00000004'],
  ['tiny', '0x80000000', '0x00000001'],
  ['holes', '0x7fffffff', '0xee6b27ff'],
] as const;

test.for([
  ['ext4', ['-I', '256']],
  ['ext4', ['-I', '128', '-O', '^metadata_csum,^64bit']],
  ['ext2', []],
] as const)('%s made with %j', async ([type, options]) => {
  const image = await mke2fs(type, await tree(), '64M', ...options);
  const hasExtra = !options.some((option) => option === '128');
  await script(image, [
    ...hard,
    ...times.flatMap(([name, seconds, extra]) =>
      ['mtime', 'atime', 'ctime', ...(hasExtra ? ['crtime'] : [])].flatMap((field) => [
        `sif ${name} ${field}_lo ${seconds}`,
        `sif ${name} ${field} ${seconds}`,
        ...(hasExtra ? [`sif ${name} ${field}_extra ${extra}`] : []),
      ]),
    ),
  ]);
  const stats = await statsBelow(await filesOf(image), '');
  expect(stats.size).toBe(529);
  const said = await script(
    image,
    [...stats.values()].map(({ inode }) => `stat <${inode}>`),
  );
  const each = said.split(/^debugfs: +stat .*$/m).slice(1);
  expect(each).toHaveLength(stats.size);
  for (const [i, [path, stat]] of [...stats].entries()) expect([path, stat]).toEqual([path, toldByDebugfs(each[i] ?? '')]);

  expect(stats.get('/six')).toMatchObject({ mode: 0o4755 });
  expect(stats.get('/odd')).toMatchObject({ mode: 0o1777, type: 'directory' });
  expect(stats.get('/tiny')).toMatchObject({ gid: 3_000_000_001 });
  expect(stats.get('/disk')).toMatchObject({ type: 'block', device: { major: 300, minor: 70_001 } });
  expect(stats.get('/one')?.mtimeNs).toBe(-(2n ** 31n) * 1_000_000_000n);
  expect(stats.get('/holes')?.mtimeNs).toBe(
    hasExtra ? (2n ** 31n - 1n + 3n * 2n ** 32n) * 1_000_000_000n + 999_999_999n : (2n ** 31n - 1n) * 1_000_000_000n,
  );
});
