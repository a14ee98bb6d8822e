// Handles that a block owns: `using`, `await using`, and close by hand.
import { NBD } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { connected } from '../support/handles.js';
import { nbdkit } from '../support/platform.js';

test('using closes at the end of the block', async () => {
  let kept: NBD;
  {
    using nbd = await NBD.create();
    expect(nbd.getHandleName()).toMatch(/^nbd/);
    kept = nbd;
  }
  expect(kept.closed).toBe(true);
});

test('using closes when the block throws', async () => {
  const kept: NBD[] = [];
  const block = async () => {
    using nbd = await NBD.create();
    kept.push(nbd);
    throw new Error('from the block');
  };
  await expect(block()).rejects.toThrow('from the block');
  expect(kept.map((nbd) => nbd.closed)).toEqual([true]);
});

test('await using disconnects in good order, then closes', async () => {
  const server = await nbdkit('memory', '1M');
  let kept: NBD;
  const debug: string[] = [];
  {
    await using nbd = await connected(server);
    nbd.setDebugCallback((context) => void debug.push(context));
    nbd.setDebug(true);
    kept = nbd;
  }
  expect(kept.closed).toBe(true);
  expect(debug).toContain('nbd_shutdown');
  expect(debug.indexOf('nbd_close')).toBeGreaterThan(debug.indexOf('nbd_shutdown'));
});

test('await using of a handle that never was connected closes it', async () => {
  let kept: NBD;
  {
    await using nbd = await NBD.create();
    kept = nbd;
  }
  expect(kept.closed).toBe(true);
});

test('await using of a handle that was closed by hand does nothing', async () => {
  await using nbd = await NBD.create();
  nbd.close();
  expect(nbd.closed).toBe(true);
});
