// Closing by hand: libnbd closes once, and nothing can be asked of a closed handle.
import { NBD } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { nbdError } from '../support/handles.js';

test('libnbd closes the handle once', async () => {
  const messages: string[] = [];
  const nbd = await NBD.create();
  nbd.setDebugCallback((_context, message) => void messages.push(message));
  nbd.setDebug(true);
  nbd.close();
  nbd.close(); // Python raises ClosedHandle here; `using` closes what may have been closed before, so here it is no error
  expect(messages.filter((message) => message.startsWith('closing'))).toEqual(['closing handle']);
});

test('every call of a closed handle fails, and says which', async () => {
  const nbd = await NBD.create();
  nbd.close();
  const error = await nbdError(() => nbd.setExportName('test'));
  expect(error.message).toMatch(/^nbd_set_export_name: the handle is closed/);
  expect(error.code).toBe('EBADF');
  expect((await nbdError(() => nbd.getSize())).message).toMatch(/^nbd_get_size: the handle is closed/);
  expect((await nbdError(() => nbd.aioIsReady())).message).toMatch(/^nbd_aio_is_ready: the handle is closed/);
  expect((await nbdError(nbd.pread(512, 0))).message).toMatch(/^nbd_pread: the handle is closed/);
  expect((await nbdError(nbd.shutdown())).message).toMatch(/^nbd_shutdown: the handle is closed/);
  expect((await nbdError(nbd.poll(0))).message).toMatch(/^nbd_poll: the handle is closed/);
});
