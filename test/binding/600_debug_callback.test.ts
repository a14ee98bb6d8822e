// Debug messages: to a callback, which may be replaced and taken away.
import { expect, test, vi } from 'vitest';
import { connected, newHandle } from '../support/handles.js';
import { nbdkit } from '../support/platform.js';

test('messages come with the call that they are of', async () => {
  const messages: [context: string, message: string][] = [];
  const nbd = await connected(await nbdkit('null'), (nbd) => {
    nbd.setDebugCallback((context, message) => void messages.push([context, message]));
    nbd.setDebug(true);
  });
  await nbd.shutdown();
  expect(messages.filter(([context]) => context === 'nbd_shutdown').map(([, message]) => message)).toContain('enter: flags=0x0');
  expect(messages).toContainEqual(['nbd_aio_notify_read', 'negotiated structured replies on this connection']);
  nbd.close();
  expect(messages.at(-1)).toEqual(['nbd_close', 'closing handle']);
});

test('there are none while debugging is off', async () => {
  const nbd = await newHandle();
  const messages: string[] = [];
  nbd.setDebugCallback((_context, message) => void messages.push(message));
  nbd.setExportName('quiet');
  expect(messages).toEqual([]);
  nbd.setDebug(true);
  nbd.setExportName('loud');
  expect(messages).toContain('enter: export_name="loud"');
  nbd.setDebug(false);
  messages.length = 0;
  nbd.setExportName('quiet again');
  expect(messages).toEqual([]);
});

test('a callback is replaced by the next, and cleared', async () => {
  const nbd = await newHandle();
  const calls: string[] = [];
  const printed = vi.spyOn(console, 'error').mockImplementation(() => {});
  try {
    nbd.setDebugCallback(() => void calls.push('first'));
    nbd.setDebug(true);
    nbd.setDebugCallback(() => void calls.push('second'));
    calls.length = 0;
    nbd.getExportName();
    expect(new Set(calls)).toEqual(new Set(['second']));
    calls.length = 0;
    nbd.clearDebugCallback();
    nbd.getExportName();
    expect(calls.slice(1)).toEqual([]); // 'enter' of clearDebugCallback itself may still have come
    expect(printed.mock.calls.flat().join('\n')).toContain('libnbd: debug: ');
  } finally {
    nbd.setDebug(false);
    printed.mockRestore();
  }
});

test('what a write sends is shown, although its bytes never enter the module', async () => {
  const messages: string[] = [];
  const nbd = await connected(await nbdkit('memory', '1M'), (nbd) => {
    nbd.setDebugCallback((_context, message) => void messages.push(message));
    nbd.setDebug(true);
  });
  await nbd.pwrite(new TextEncoder().encode('hello, world'), 0);
  const entered = messages.find((message) => message.startsWith('enter: buf="'));
  expect(entered).toContain('|hello, world'); // a hex dump
  expect(entered).toContain('count=12 offset=0 ');

  messages.length = 0;
  await nbd.pwrite(new Uint8Array(2000).fill(65), 0);
  expect(messages.find((message) => message.startsWith('enter: buf="'))).toContain('1488 more bytes truncated');
});
