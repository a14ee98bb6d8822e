// What a failed call throws.
import { NBDError } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { failure, newHandle } from '../support/handles.js';

test('an exception with the text, the code and the number of the error', async () => {
  const nbd = await newHandle();
  const error = await failure(nbd.pread(0, 0));
  expect(error).toBeInstanceOf(NBDError);
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({
    name: 'NBDError',
    message: 'nbd_pread: invalid state: START: the handle must be connected with the server: Socket not connected',
    code: 'ENOTCONN',
    errno: 107, // Linux's, not the module's own
  });
});

test('a call that waits rejects, and never throws', async () => {
  const nbd = await newHandle();
  for (const call of [
    () => nbd.pread(512, 0),
    () => nbd.pread(-1, 0),
    () => nbd.pread('512' as unknown as number, 0),
    () => nbd.pwrite([1, 2, 3] as unknown as Uint8Array, 0),
    () => nbd.connectSocket('localhost' as unknown as number),
    () => nbd.optList(null as unknown as () => void),
    () => nbd.poll(0.5),
    () => nbd.shutdown(),
  ]) {
    let promise: Promise<unknown> | undefined;
    expect(() => {
      promise = call();
    }).not.toThrow();
    await expect(promise).rejects.toBeInstanceOf(Error);
  }
});

test('arguments that no libnbd call could take are TypeErrors and RangeErrors', async () => {
  const nbd = await newHandle();
  expect(() => nbd.setExportName(1 as unknown as string)).toThrow(TypeError);
  expect(() => nbd.setExportName('a\0b')).toThrow(TypeError);
  expect(() => nbd.setFullInfo(1 as unknown as boolean)).toThrow(TypeError);
  expect(() => nbd.setDebugCallback({} as unknown as () => void)).toThrow(TypeError);
  expect(() => nbd.getMetaContext(-1)).toThrow(RangeError);
  expect(() => nbd.aioCommandCompleted(2n ** 64n)).toThrow(RangeError);
  expect(await failure(nbd.pread(512, 2 ** 53))).toBeInstanceOf(RangeError);
  expect(await failure(nbd.pread(512, -1))).toBeInstanceOf(RangeError);
});
