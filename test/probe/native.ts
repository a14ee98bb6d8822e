// blkid and sfdisk of the util-linux that blkid.wasm is made of, built for this machine by scripts/util_linux.sh.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const tools = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'libnbd-wasm/util-linux-native');
if (!existsSync(join(tools, 'blkid'))) throw new Error('these tests compare with util-linux: run scripts/util_linux.sh first');

/** The images that upstream's own tests are made with. */
export const upstreamImages = fileURLToPath(new URL('../../build/util-linux/tests/ts/blkid/', import.meta.url));

const exec = promisify(execFile);
const environment = { env: { ...process.env, LC_ALL: 'C.UTF-8' }, maxBuffer: 2 ** 26 };

/**
 * What `blkid -p` tells of an image, or of a range of it: every NAME=value. That is none for what is ambivalent: 2.41.5 should say so, and
 * takes it for an error. The format `export` would
 * have escapes that cannot be told from text, so it is `json`, whose names are in small letters.
 */
export async function blkid(
  image: string,
  range?: { offset: bigint; size: bigint },
  ...options: string[]
): Promise<Record<string, string>> {
  const where = range === undefined ? [] : ['--offset', String(range.offset), '--size', String(range.size)];
  const { code, stdout } = await exec(join(tools, 'blkid'), ['-p', '-o', 'json', ...options, ...where, image], environment).then(
    ({ stdout }) => ({ code: 0, stdout }),
    (error: { code: number; stdout: string }) => error,
  );
  if (code !== 0 && code !== 2) throw new Error(`blkid ended with ${code}`);
  const values = JSON.parse(stdout.trim() || '{}') as Record<string, string>;
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name.toUpperCase(), value]));
}

/** A partition as `sfdisk --json` tells of it, in sectors. */
export interface SfdiskPartition {
  node: string;
  start: number;
  size: number;
  type: string;
  uuid?: string;
  name?: string;
  attrs?: string;
  bootable?: boolean;
}

export interface SfdiskTable {
  label: string;
  id: string;
  sectorsize: number;
  partitions?: SfdiskPartition[];
}

/** Writes a table, given as a script of sfdisk's. */
export async function writeTable(image: string, script: string, ...options: string[]): Promise<void> {
  const running = exec(join(tools, 'sfdisk'), ['--quiet', '--no-reread', '--no-tell-kernel', ...options, image], environment);
  running.child.stdin?.end(script);
  await running;
}

export async function sfdisk(image: string, ...options: string[]): Promise<SfdiskTable> {
  const { stdout } = await exec(join(tools, 'sfdisk'), ['--json', ...options, image], environment);
  return (JSON.parse(stdout) as { partitiontable: SfdiskTable }).partitiontable;
}
