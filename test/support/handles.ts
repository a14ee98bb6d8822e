// Handles that are closed when the test is over.
import { type Library, NBD, NBDError } from 'libnbd-wasm';
import { expect, onTestFinished } from 'vitest';
import type { TestServer } from './platform.js';

/** A new handle, on the shared instance of the library or on another. */
export async function newHandle(lib?: Library): Promise<NBD> {
  const nbd = lib === undefined ? await NBD.create() : lib.create();
  onTestFinished(() => nbd.close());
  return nbd;
}

/** A handle that is connected to a server; `prepare` sets it up before. */
export async function connected(server: TestServer, prepare: (nbd: NBD) => void = () => {}, lib?: Library): Promise<NBD> {
  const nbd = await newHandle(lib);
  prepare(nbd);
  await nbd.connectSocket(server.socket());
  return nbd;
}

/** What a call fails with; fails itself when the call does not. */
export async function failure(call: Promise<unknown> | (() => unknown)): Promise<unknown> {
  let result: unknown;
  try {
    result = await (typeof call === 'function' ? call() : call);
  } catch (error) {
    return error;
  }
  throw new Error(`expected a failure, got ${String(result)}`);
}

/** The NBDError that a call fails with. */
export async function nbdError(call: Promise<unknown> | (() => unknown)): Promise<NBDError> {
  const error = await failure(call);
  expect(error).toBeInstanceOf(NBDError);
  return error as NBDError;
}
