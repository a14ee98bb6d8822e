// connectCommand: a child process whose standard input and output are the connection.
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NBD } from 'libnbd-wasm';
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

  it('gives the child one socket, as its standard input and output, and nothing else', async () => {
    const file = join(await temporaryFolder(), 'descriptors');
    const nbd = await newHandle();
    const record = `
      third=closed
      [ -e /proc/self/fd/3 ] && third=open
      links=$(readlink /proc/$$/fd/0 /proc/$$/fd/1)
      echo "$third $links" > "$1"
      exec nbdkit --single --exit-with-parent null`;
    await nbd.connectCommand(['sh', '-c', record, 'sh', file]);
    const [third, input, output] = (await readFile(file, 'utf8')).trim().split(/\s/);
    expect(input).toMatch(/^socket:\[\d+\]$/);
    expect(output).toBe(input);
    expect(third).toBe('closed'); // by which it came
  });

  // It writes to the descriptor that it reads.
  it('serves from nbd-server', async () => {
    const folder = await temporaryFolder();
    const [image, config] = [join(folder, 'image'), join(folder, 'config')];
    const content = noise(2 ** 20);
    await writeFile(image, content);
    await writeFile(config, `[generic]\nport = 0\nallowlist = true\n[disk]\nexportname = ${image}\n`);
    const nbd = await newHandle();
    nbd.setExportName('disk');
    await nbd.connectCommand(['nbd-server', '-C', config, '-d', '0']);
    const pid = nbd.getSubprocessPid();
    expect(nbd.getSize()).toBe(2n ** 20n);
    expect(Buffer.compare(await nbd.pread(content.length, 0), content)).toBe(0);
    await nbd.pwrite(new Uint8Array([1, 2, 3]), 1000);
    expect(await nbd.pread(3, 1000)).toEqual(new Uint8Array([1, 2, 3]));
    await nbd[Symbol.asyncDispose]();
    expect(stateOf(pid)).toBeUndefined();
    expect([...(await readFile(image)).subarray(1000, 1003)]).toEqual([1, 2, 3]);
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

describe('await using waits for the child, as nbd_close does', () => {
  it('which has let go of its lock each time', async () => {
    const image = join(await temporaryFolder(), 'image');
    await writeFile(image, new Uint8Array(65536));
    const locked = ['flock', '--nonblock', '--no-fork', image, ...nbdkit, 'file', image];
    const restarted = async (restart: number) => {
      await using nbd = await NBD.create();
      await nbd.connectCommand(locked); // which fails at once while another holds the lock
      await nbd.pwrite(new Uint8Array([restart]), restart);
      return nbd.getSubprocessPid();
    };
    for (let restart = 0; restart < 40; restart++) {
      const pid = await restarted(restart);
      expect(stateOf(pid)).toBeUndefined();
    }
    expect((await readFile(image)).subarray(0, 40)).toEqual(Buffer.from(Array.from({ length: 40 }, (_, i) => i)));
  });

  it.each([
    ['that was shut down before', (nbd: NBD) => nbd.shutdown()],
    ['that was killed', (nbd: NBD) => nbd.killSubprocess(SIGKILL)],
    ['whose handle was closed before', (nbd: NBD) => nbd.close()],
  ])('%s', async (_how, before) => {
    const nbd = await newHandle();
    await nbd.connectCommand([...nbdkit, 'null', '1M']);
    const pid = nbd.getSubprocessPid();
    await before(nbd);
    await nbd[Symbol.asyncDispose]().catch(() => {}); // who was killed takes no goodbye
    expect(stateOf(pid)).toBeUndefined();
  });

  it('which never served', async () => {
    const nbd = await newHandle();
    nbd.aioConnectCommand(['cat']);
    const pid = nbd.getSubprocessPid();
    await nbd[Symbol.asyncDispose]();
    expect(stateOf(pid)).toBeUndefined();
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
