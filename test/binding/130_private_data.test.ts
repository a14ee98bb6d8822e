// An integer that a handle carries for its user.
import { expect, test } from 'vitest';
import { newHandle } from '../support/handles.js';

test('each handle has its own, and setting it returns what it was', async () => {
  const [one, other] = [await newHandle(), await newHandle()];
  expect([one.getPrivateData(), other.getPrivateData()]).toEqual([0, 0]);
  expect(one.setPrivateData(42)).toBe(0);
  expect(other.setPrivateData(999)).toBe(0);
  expect([one.getPrivateData(), other.getPrivateData()]).toEqual([42, 999]);
  expect(one.setPrivateData(43)).toBe(42);
  expect(other.setPrivateData(998)).toBe(999);
  expect([one.getPrivateData(), other.getPrivateData()]).toEqual([43, 998]);
});

test('it has 32 bits, those of a pointer in WebAssembly', async () => {
  const nbd = await newHandle();
  nbd.setPrivateData(0xffff_ffff);
  expect(nbd.getPrivateData()).toBe(0xffff_ffff);
  expect(() => nbd.setPrivateData(2 ** 32)).toThrow(RangeError);
  expect(() => nbd.setPrivateData(-1)).toThrow(RangeError);
  expect(nbd.getPrivateData()).toBe(0xffff_ffff);
});
