// copy() that goes on after a kill or a failure, by the journal beside the file.
import { once } from 'node:events';
import { existsSync, watch } from 'node:fs';
import { copyFile, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { copy, NBDError } from 'libnbd-wasm';
import { describe, expect, test } from 'vitest';
import { firstDifference, noise } from '../support/bytes.js';
import { failure } from '../support/handles.js';
import { dataBytes } from '../support/holes.js';
import { MemoryDisk } from '../support/memory_disk.js';
import { run, temporaryFolder } from '../support/processes.js';
import { runProgram, startProgram } from '../support/programs.js';
import { nbdkit } from '../support/servers.js';

const MiB = 2 ** 20;

/** Starts a copy, and kills it when it has a journal: 256 MiB are done then, and it hangs at 280. */
async function killed(socket: string, folder: string): Promise<void> {
  const events = watch(folder);
  const { child } = await startProgram('copies', [socket, join(folder, 'disk'), String(280 * MiB)]);
  while (!existsSync(join(folder, 'disk.resume'))) await once(events, 'change');
  events.close();
  child.kill('SIGKILL');
  await once(child, 'close');
}

async function resumed(socket: string, folder: string): Promise<{ bytes: number; written: number }> {
  const lines = await runProgram('copies', [socket, join(folder, 'disk')]);
  return JSON.parse(lines[0] ?? '');
}

test.for<[string, string[]]>([
  ['dense', ['pattern', '320M']],
  ['sparse', ['sparse-random', '320M', 'percent=50', 'runlength=1048576']],
])('a copy of a %s disk that was killed goes on, and does not write again what was on stable storage', async ([, plugin]) => {
  const server = await nbdkit('--threads=1', ...plugin); // several can run into an assertion of nbdkit's when their client is killed
  const folder = await temporaryFolder();
  await killed(server.path, folder);
  const left = (await readdir(folder)).filter((name) => !name.endsWith('.new')); // the next journal may be on its way
  expect(left.sort()).toEqual(['disk.partial', 'disk.resume']);
  const { bytes, written } = await resumed(server.path, folder);
  expect(bytes).toBe(320 * MiB);
  expect(written).toBeLessThanOrEqual(64 * MiB);
  expect(await readdir(folder)).toEqual(['disk']);
  await run('nbdcopy', server.uri, join(folder, 'reference'));
  await run('cmp', join(folder, 'disk'), join(folder, 'reference'));
  expect(await dataBytes(join(folder, 'disk'))).toBeLessThanOrEqual(await dataBytes(join(folder, 'reference')));
});

/** Small requests, so that there is something done when one fails. */
const resume = { resume: true, requestSize: MiB };

/** A disk of 4 MiB that fails in its second half, until it is mended. */
function failing(seed: number): MemoryDisk {
  const disk = new MemoryDisk(noise(4 * MiB, seed));
  disk.before = async (request) => {
    if (Number(request.split(' ')[2]) >= 2 * MiB) throw new NBDError(`${request}: bad sectors`, 'EIO');
  };
  return disk;
}

const mend = (disk: MemoryDisk) => {
  disk.before = async () => {};
};

test('a copy that failed goes on, in a new file and in one that was there', async () => {
  for (const isThere of [false, true]) {
    const folder = await temporaryFolder();
    const path = join(folder, 'disk');
    if (isThere) await writeFile(path, noise(5 * MiB, 3));
    const disk = failing(1);
    expect(await failure(copy(disk, path, resume))).toMatchObject({ code: 'EIO', bytes: BigInt(2 * MiB) });
    mend(disk);
    expect(await copy(disk, path, { ...resume, verify: true })).toEqual({ bytes: BigInt(4 * MiB), written: BigInt(2 * MiB) });
    expect(firstDifference(await readFile(path), noise(4 * MiB, 1))).toBe(-1);
    expect(await readdir(folder)).toEqual(['disk']);
  }
});

test('a copy without resume drops what another has left', async () => {
  const folder = await temporaryFolder();
  const path = join(folder, 'disk');
  const disk = failing(1);
  await failure(copy(disk, path, resume));
  mend(disk);
  expect(await copy(disk, path)).toMatchObject({ written: BigInt(4 * MiB) });
  expect(await readdir(folder)).toEqual(['disk']);
});

test('what lies at the name of the next journal is not written through, and a pipe is no journal', async () => {
  const folder = await temporaryFolder();
  const path = join(folder, 'disk');
  await writeFile(join(folder, 'precious'), 'precious');
  await symlink('precious', `${path}.resume.new`);
  await run('mkfifo', `${path}.resume`);
  const disk = failing(1);
  await failure(copy(disk, path, resume));
  expect(await readFile(join(folder, 'precious'), 'utf8')).toBe('precious');
  mend(disk);
  expect(await copy(disk, path, resume)).toMatchObject({ written: BigInt(2 * MiB) });
});

describe('a journal that does not fit is dropped, and all is copied', () => {
  type Spoil = (journal: string, partial: string) => Promise<void>;
  const edited =
    (edit: (text: string) => string): Spoil =>
    async (journal) =>
      writeFile(journal, edit(await readFile(journal, 'utf8')));

  test.for<[string, Spoil]>([
    [
      'one of a file that another was put in place of',
      async (_, partial) => {
        await copyFile(partial, `${partial}.other`);
        await rm(partial);
        await run('mv', `${partial}.other`, partial);
      },
    ],
    ['one of a file that was cut', async (_, partial) => truncate(partial, MiB)],
    ['one that is no JSON', edited((text) => text.slice(0, -20))],
    ['one whose ranges are beyond the end', edited((text) => text.replace(/"\d+"\]/, '"99999999999"]'))],
    ['one whose ranges are none', edited((text) => text.replace(/"\d+"\]/, '"-5"]'))],
    ['one that is empty', edited(() => '')],
    ['one that is something else', edited(() => 'null')],
    ['one whose ranges overlap', edited((text) => text.replace(/"done":\[(\[.*?\])/, '"done":[$1,$1'))],
    [
      'one without an end',
      async (journal) => {
        await rm(journal);
        await symlink('/dev/zero', journal);
      },
    ],
    ['one of another version', edited((text) => text.replace('"version":1', '"version":2'))],
  ])('%s', async ([, spoil]) => {
    const path = join(await temporaryFolder(), 'disk');
    const disk = failing(1);
    await failure(copy(disk, path, resume));
    await spoil(`${path}.resume`, `${path}.partial`);
    mend(disk);
    expect(await copy(disk, path, resume)).toMatchObject({ written: BigInt(4 * MiB) });
    expect(firstDifference(await readFile(path), noise(4 * MiB, 1))).toBe(-1);
  });

  test('one of another disk of the same size', async () => {
    const path = join(await temporaryFolder(), 'disk');
    await failure(copy(failing(1), path, resume));
    const other = new MemoryDisk(noise(4 * MiB, 2));
    expect(await copy(other, path, resume)).toMatchObject({ written: BigInt(4 * MiB) });
    expect(firstDifference(await readFile(path), other.bytes)).toBe(-1);
  });
});
