// The server's list of exports.
import type { NBD } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { connected, nbdError } from '../support/handles.js';
import { nbdkit } from '../support/platform.js';

/** Option mode with a server that lists exports as a shell script does. */
async function negotiating(listExports: string): Promise<NBD> {
  const server = await nbdkit('eval', `list_exports=${listExports}`, 'get_size=echo 512', 'pread=exit 1');
  return connected(server, (nbd) => nbd.setOptMode(true));
}

test('a server that refuses', async () => {
  const nbd = await negotiating('echo EINVAL listing not supported >&2; exit 1');
  const names: string[] = [];
  const error = await nbdError(nbd.optList((name) => void names.push(name)));
  expect(error.message).toBe('nbd_opt_list: server replied with error to list request: Not supported');
  expect(error.code).toBe('ENOTSUP');
  expect(names).toEqual([]);
  expect(nbd.aioIsNegotiating()).toBe(true);
  await nbd.optAbort();
});

test.for([
  ['echo NAMES; echo a; echo b', ['a', 'b']],
  ['echo NAMES', []],
  ['echo NAMES; echo a', ['a']],
  ['echo INTERLEAVED; echo a; echo first; echo b; echo second', ['a: first', 'b: second']],
] as const)('%s', async ([listExports, expected]) => {
  const nbd = await negotiating(listExports);
  const found: string[] = [];
  const note = (name: string, description: string) => void found.push(description === '' ? name : `${name}: ${description}`);
  expect(await nbd.optList(note)).toBe(expected.length);
  expect(found).toEqual(expected);
  await nbd.optAbort();
});

test('after a refusal the handle can go on to an export', async () => {
  const nbd = await negotiating('echo EINVAL listing not supported >&2; exit 1');
  await nbdError(nbd.optList(() => {}));
  await nbd.optGo();
  expect(nbd.getSize()).toBe(512n);
});

test('aioOptList', async () => {
  const nbd = await negotiating('echo NAMES; echo a; echo b');
  const events: string[] = [];
  nbd.aioOptList((name) => void events.push(name), { completion: (error) => void events.push(`done ${error.code}`) });
  while (nbd.aioIsConnecting()) await nbd.poll(-1);
  expect(events).toEqual(['a', 'b', 'done null']);
  expect(nbd.aioIsNegotiating()).toBe(true);
});
