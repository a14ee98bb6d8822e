// The command line by the name of nbdcopy: its requests and its files are those of upstream's program.
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { firstDifference, noise } from '../support/bytes.js';
import { temporaryFolder } from '../support/processes.js';
import { nbdkit } from '../support/servers.js';
import { nbdcopy, Running, shell, upstreamFolder } from './copying.js';

const MiB = 2 ** 20;

/** Requests that a server has logged, without their connections and times. */
async function requestsOf(log: string): Promise<string[]> {
  const lines = (await readFile(log, 'utf8')).split('\n').filter((line) => / (Write|Zero|Flush) id=/.test(line));
  return lines.map((line) => line.replace(/^.* (Write|Zero|Flush) id=\d+ /, '$1 ').replace(/ \.\.\.$/, '')).sort();
}

test('it has the requests of nbdcopy, of 256 KiB and without a flush', async () => {
  const folder = await temporaryFolder();
  const [file, log] = [join(folder, 'file'), join(folder, 'log')];
  await writeFile(file, noise(MiB));
  const { uri } = await nbdkit('--filter=log', 'memory', '1M', `logfile=${log}`);
  expect(await nbdcopy([file, uri])).toMatchObject({ code: 0, stderr: '' });
  const ours = await requestsOf(log);
  await writeFile(log, '');
  await new Running(['nbdcopy', file, uri]).ended;
  expect(ours).toEqual(await requestsOf(log));
  expect(ours).toHaveLength(4);
  await nbdcopy(['--flush', file, uri]);
  expect(await requestsOf(log)).toContainEqual(expect.stringContaining('Flush'));
});

test('a block that the destination prefers is not divided', async () => {
  const folder = await temporaryFolder();
  const [file, log] = [join(folder, 'file'), join(folder, 'log')];
  const bytes = noise(256 * 1024);
  bytes.fill(0, 4096, 16384); // within a block
  bytes.fill(0, 131072, 196608); // a block
  await writeFile(file, bytes);
  const blocks = ['blocksize-minimum=512', 'blocksize-preferred=64K', 'blocksize-maximum=32M'];
  const { uri } = await nbdkit('--filter=blocksize-policy', '--filter=log', 'memory', '256K', ...blocks, `logfile=${log}`);
  expect(await nbdcopy([file, uri])).toMatchObject({ code: 0, stderr: '' });
  expect((await requestsOf(log)).map((line) => /^(\w+) offset=(\w+) count=(\w+)/.exec(line)?.slice(1))).toEqual([
    ['Write', '0x0', '0x20000'],
    ['Write', '0x30000', '0x10000'],
    ['Zero', '0x20000', '0x10000'],
  ]);
});

test('a file is written under its own name, and one that is there keeps its place', async () => {
  const folder = await temporaryFolder();
  const copy = join(folder, 'copy');
  const half = await nbdkit('--filter=error', '--filter=noextents', 'memory', '1M', 'error-pread-rate=1');
  expect((await nbdcopy([half.uri, copy])).code).toBe(1);
  expect(await readdir(folder)).toEqual(['copy']);
  await writeFile(copy, noise(3 * MiB));
  const { ino } = await stat(copy);
  const { uri } = await nbdkit('pattern', '1M');
  expect((await nbdcopy([uri, copy])).code).toBe(0);
  expect(await stat(copy)).toMatchObject({ ino, size: MiB });
});

test('standard input and output that are files are files: one has a size, the other gets holes', async () => {
  const folder = await temporaryFolder();
  const [file, copy] = [join(folder, 'file'), join(folder, 'copy')];
  const bytes = noise(2 * MiB);
  bytes.fill(0, 0, MiB);
  await writeFile(file, bytes);
  const link = join(await upstreamFolder(), 'nbdcopy');
  const { stderr } = await shell(`${process.execPath} ${link} -v - - <${file} >${copy}`);
  expect(stderr).toContain('nbdcopy: src: file_ops "-"\nnbdcopy: src: size=2097152 (2M)');
  expect(firstDifference(await readFile(copy), bytes)).toBe(-1);
  expect((await stat(copy)).blocks * 512).toBeLessThan(1.5 * MiB);
});
