// connectCommand: a child process whose standard input and output are the connection.
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { noise } from '../support/bytes.js';
import { failure, nbdError, newHandle } from '../support/handles.js';
import { childrenOf, commandLine, gone, stateOf } from '../support/process_table.js';
import { temporaryFolder } from '../support/processes.js';

const nbdkit = ['nbdkit', '--single', '--exit-with-parent'];
const SIGKILL = 9;
const SIGTERM = 15;

describe('connectCommand', () => {
  it('serves from a command', async () => {
    const nbd = await newHandle();
    await nbd.connectCommand([...nbdkit, 'memory', '8M']);
    const bytes = noise(5 * 2 ** 20);
    await nbd.pwrite(bytes, 12345);
    expect(Buffer.compare(await nbd.pread(bytes.length, 12345), bytes)).toBe(0);
    await nbd.shutdown();
  });

  it('gives arguments as they are: with spaces, quotes, empty, not ASCII', async () => {
    const file = join(await temporaryFolder(), 'arguments');
    const words = ['two words', '', `it's "quoted" $HOME`, 'Büchse ✓', '-x'];
    const nbd = await newHandle();
    const record = 'out=$1; shift; printf "%s\\n" "$@" > "$out"; exec nbdkit --single --exit-with-parent null';
    await nbd.connectCommand(['sh', '-c', record, 'sh', file, ...words]);
    expect((await readFile(file, 'utf8')).split('\n')).toEqual([...words, '']);
  });

  it("has the child's own number as getSubprocessPid", async () => {
    const nbd = await newHandle();
    await nbd.connectCommand([...nbdkit, 'null', '1M']);
    const pid = nbd.getSubprocessPid();
    expect(childrenOf(process.pid)).toContain(Number(pid));
    expect(commandLine(pid)).toEqual([...nbdkit, 'null', '1M']);
  });

  it('has no child before and without a command', async () => {
    const nbd = await newHandle();
    const error = await nbdError(() => nbd.getSubprocessPid());
    expect(error.code).toBe('ESRCH');
    expect((await nbdError(() => nbd.killSubprocess(SIGTERM))).code).toBe('ESRCH');
  });

  it('cannot tell a URI', async () => {
    const nbd = await newHandle();
    await nbd.connectCommand([...nbdkit, 'null']);
    expect((await nbdError(() => nbd.getUri())).message).toContain('cannot construct a URI for this connection type');
  });

  it.each(['close', 'shutdown and close', 'using'])('leaves no process and no zombie behind: %s', async (how) => {
    const nbd = await newHandle();
    await nbd.connectCommand([...nbdkit, 'null', '1M']);
    const pid = nbd.getSubprocessPid();
    expect(stateOf(pid)).toMatch(/[RSD]/);
    if (how === 'using') await nbd[Symbol.asyncDispose]();
    else {
      if (how !== 'close') await nbd.shutdown();
      nbd.close();
    }
    await gone(pid);
  });

  it('leaves none behind when the handle is closed with a read in flight', async () => {
    const nbd = await newHandle();
    await nbd.connectCommand([...nbdkit, '--filter=delay', 'null', '1M', 'delay-read=60']);
    const pid = nbd.getSubprocessPid();
    const reading = failure(nbd.pread(512, 0));
    nbd.killSubprocess(SIGTERM); // nbdkit waits for its plugin otherwise, as it does natively
    nbd.close();
    expect(await reading).toMatchObject({ code: 'ENOTCONN' });
    await gone(pid);
  });

  it('serves several at a time', async () => {
    const handles = await Promise.all(Array.from({ length: 6 }, () => newHandle()));
    await Promise.all(handles.map((nbd, i) => nbd.connectCommand([...nbdkit, 'null', `${i + 1}M`])));
    expect(handles.map((nbd) => nbd.getSize())).toEqual(handles.map((_, i) => BigInt(i + 1) * 1048576n));
    const pids = handles.map((nbd) => nbd.getSubprocessPid());
    expect(new Set(pids).size).toBe(6);
    for (const nbd of handles) nbd.close();
    await Promise.all(pids.map(gone));
  });
});

describe('killSubprocess', () => {
  it.each([
    ['SIGKILL', SIGKILL],
    ['SIGTERM by default', 0],
  ])('kills the child: %s', async (_name, signum) => {
    const nbd = await newHandle();
    nbd.aioConnectCommand(['sleep', '1000']);
    const pid = nbd.getSubprocessPid();
    nbd.killSubprocess(signum);
    await gone(pid);
  });

  it('makes what is in flight fail', async () => {
    const nbd = await newHandle();
    await nbd.connectCommand([...nbdkit, '--filter=delay', 'null', '1M', 'delay-read=60']);
    const reading = failure(nbd.pread(512, 0));
    nbd.killSubprocess(SIGKILL);
    expect(await reading).toMatchObject({ name: 'NBDError' });
    expect(nbd.aioIsReady()).toBe(false);
  });

  it('reports ESRCH once the child has gone', async () => {
    const nbd = await newHandle();
    await nbd.connectCommand([...nbdkit, 'null', '1M']);
    const pid = nbd.getSubprocessPid();
    nbd.killSubprocess(SIGKILL);
    await gone(pid);
    // Natively a child that has ended is a zombie until nbd_close, and takes signals: here Node has waited for it.
    expect(await nbdError(() => nbd.killSubprocess(SIGKILL))).toMatchObject({ code: 'ESRCH' });
  });
});

describe('a command that does not serve', () => {
  it('does not exist', async () => {
    const nbd = await newHandle();
    const error = await nbdError(nbd.connectCommand(['no-such-command-anywhere', 'argument']));
    expect(error.code).toBe('ENOENT');
    expect(error.message).toMatch(/^nbd_connect_command: fork: /);
    expect(error.message).toContain('no-such-command-anywhere');
  });

  it('cannot be executed', async () => {
    const path = join(await temporaryFolder(), 'script');
    await writeFile(path, '#!/bin/sh\n');
    await chmod(path, 0o600);
    const nbd = await newHandle();
    const error = await nbdError(nbd.connectCommand([path]));
    expect(error.code).toBe('EACCES');
    expect(error.message).toContain(path);
  });

  it('exits at once', async () => {
    const nbd = await newHandle();
    const error = await nbdError(nbd.connectCommand(['true']));
    expect(error.message).toMatch(/^nbd_connect_command: recv: server disconnected unexpectedly/);
    expect(nbd.aioIsDead() || nbd.aioIsClosed()).toBe(true);
  });

  it('writes something else', async () => {
    const nbd = await newHandle();
    const error = await nbdError(nbd.connectCommand(['echo', 'this is no NBD server, whatever the caller thinks']));
    expect(error.code).toBeNull();
    expect(error.message).toBe('nbd_connect_command: handshake: server did not send expected NBD magic');
  });

  it('writes nothing and goes on', async () => {
    const nbd = await newHandle();
    const connecting = failure(nbd.connectCommand(['cat'], { signal: AbortSignal.timeout(20) }));
    expect(await connecting).toMatchObject({ name: 'TimeoutError' });
    const pid = nbd.getSubprocessPid();
    nbd.close();
    await gone(pid);
  });

  it('is refused without a name', async () => {
    const nbd = await newHandle();
    const error = await nbdError(nbd.connectCommand([]));
    expect(error.code).toBe('EINVAL');
  });
});
