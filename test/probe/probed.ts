// Images, served by nbdkit and probed; what it took is printed.
import { mkdir, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Content, type NBD, type Probe, type ProbeOptions, probe } from 'libnbd-wasm';
import { expect } from 'vitest';
import { connected } from '../support/handles.js';
import { run, temporaryFolder } from '../support/processes.js';
import { nbdkit } from '../support/servers.js';
import { blkid } from './native.js';

/** Most images take some twenty requests; a partition as many again. */
const mostRequests = 80;
const mostBytes = 8 * 2 ** 20;

/** A disk that nbdkit serves. */
export const served = async (...args: string[]): Promise<NBD> => connected(await nbdkit('--readonly', ...args));

/** Probes an image, and holds what that took against a bound. */
export async function probed(image: string, options?: ProbeOptions): Promise<Probe> {
  const found = await probe(await served('file', image), options);
  const { requests, bytes } = found.reads;
  console.info(`${expect.getState().currentTestName}: ${requests} requests, ${bytes} bytes`);
  const parts = found.partitions.length + 1;
  expect(requests).toBeLessThanOrEqual(mostRequests * parts);
  expect(bytes).toBeLessThanOrEqual(mostBytes * parts);
  return found;
}

/** A new image: a hole of so many bytes. */
export async function newImage(size: number): Promise<string> {
  const image = join(await temporaryFolder(), 'image');
  await writeFile(image, '');
  await truncate(image, size);
  return image;
}

/** A new image of what `xz` unpacks. */
export async function unpacked(archive: string): Promise<string> {
  const image = join(await temporaryFolder(), 'image');
  await mkdir(dirname(image), { recursive: true });
  await run('sh', '-c', 'exec xz --decompress --stdout "$1" >"$2"', 'sh', archive, image);
  return image;
}

/** Expects what native blkid tells of the whole image, field by field. */
export async function expectAsBlkid(found: Probe, image: string): Promise<void> {
  const native = await blkid(image);
  if (found.ambivalent) {
    expect(native).toEqual({});
    return;
  }
  const table = { ...(found.table && { PTTYPE: found.table.type }), ...(found.table?.id && { PTUUID: found.table.id }) };
  expect({ ...valuesOf(found.content), ...table }).toEqual(native);
  expectProperties(found.content);
}

/** Expects what native blkid tells of each partition's range. */
export async function expectPartitionsAsBlkid(found: Probe, image: string): Promise<void> {
  for (const { start, size, content, extended } of found.partitions) {
    if (extended) continue;
    const native = await blkid(image, { offset: start, size });
    const { PTTYPE: _type, PTUUID: _id, ...values } = native;
    expect(valuesOf(content)).toEqual(values);
    expectProperties(content);
  }
}

/** What blkid prints, which is all but the place of the magic. A table is told apart. */
function valuesOf(content: Content | undefined): Record<string, string> {
  const { SBMAGIC_OFFSET: _offset, PTMAGIC_OFFSET: _table, PTTYPE: _type, PTUUID: _id, ...values } = content?.all ?? {};
  return values;
}

/** The properties say what the values say. */
function expectProperties(content: Content | undefined): void {
  if (content === undefined) return;
  expect([content.type, content.usage]).toEqual([content.all.TYPE, content.all.USAGE]);
  expect([content.label, content.uuid, content.version]).toEqual(
    [content.all.LABEL, content.all.UUID, content.all.VERSION].map((value) => value || undefined),
  );
}
