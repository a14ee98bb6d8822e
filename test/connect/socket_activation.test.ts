// connectSystemdSocketActivation: upstream's tests/connect-systemd-socket-activation.c and socket-activation-name.c. The command
// finds a listening socket as descriptor 3, and is told so by its environment.
import fs, { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { dirname, join } from 'node:path';
import { NBD } from 'libnbd-wasm';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { nbdError, newHandle } from '../support/handles.js';
import { gone, stateOf } from '../support/process_table.js';
import { temporaryFolder } from '../support/processes.js';

const nbdkit = ['nbdkit', '--foreground', '--exit-with-parent', 'null', '1M'];

async function image(): Promise<string> {
  const path = join(await temporaryFolder(), 'image');
  await writeFile(path, new Uint8Array(65536).fill(7));
  return path;
}

/** Runs a server behind a shell that records its environment. */
async function environment(name?: string): Promise<Map<string, string>> {
  const file = join(await temporaryFolder(), 'environment');
  const nbd = await newHandle();
  if (name !== undefined) nbd.setSocketActivationName(name);
  const script = 'out=$1; shift; { env; echo "SHELL_PID=$$"; echo "FD3=$(readlink /proc/$$/fd/3)"; } > "$out"; exec "$@"';
  await nbd.connectSystemdSocketActivation(['sh', '-c', script, 'sh', file, ...nbdkit]);
  expect(nbd.getSize()).toBe(1048576n);
  const variables = new Map<string, string>();
  for (const line of (await readFile(file, 'utf8')).split('\n')) {
    const at = line.indexOf('=');
    variables.set(line.slice(0, at), line.slice(at + 1));
  }
  variables.set('subprocess', String(nbd.getSubprocessPid()));
  return variables;
}

describe('servers', () => {
  it('nbdkit', async () => {
    const nbd = await newHandle();
    await nbd.connectSystemdSocketActivation(nbdkit);
    expect(nbd.getSize()).toBe(1048576n);
    await nbd.shutdown();
  });

  it('qemu-nbd', async () => {
    const nbd = await newHandle();
    await nbd.connectSystemdSocketActivation(['qemu-nbd', '-f', 'raw', '-x', '', await image()]);
    expect(await nbd.pread(4, 1000)).toEqual(new Uint8Array([7, 7, 7, 7]));
    await nbd.shutdown();
  });

  it("qemu-nbd, which has let go of its image's lock when await using is over, each time", async () => {
    const path = await image();
    const restarted = async (restart: number) => {
      await using nbd = await NBD.create();
      // It cannot start while another one has the lock.
      await nbd.connectSystemdSocketActivation(['qemu-nbd', '-f', 'raw', '-x', '', path]);
      await nbd.pwrite(new Uint8Array([restart]), restart);
      return nbd.getSubprocessPid();
    };
    for (let restart = 0; restart < 40; restart++) expect(stateOf(await restarted(restart))).toBeUndefined();
    expect((await readFile(path)).subarray(0, 40)).toEqual(Buffer.from(Array.from({ length: 40 }, (_, i) => i)));
  });

  it.each(['nbdkit', 'qemu-nbd'])('%s through a URI of the socket that getUri tells, while it runs', async (server) => {
    const argv = server === 'nbdkit' ? nbdkit : ['qemu-nbd', '-f', 'raw', '-t', '-e', '0', '-x', '', await image()];
    const nbd = await newHandle();
    await nbd.connectSystemdSocketActivation(argv);
    const uri = nbd.getUri();
    expect(uri).toMatch(/^nbd\+unix:\/\/\/\?socket=\/tmp\/libnbd\w{6}\/sock$/);
    const other = await newHandle();
    await other.connectUri(uri);
    expect(other.getSize()).toBe(nbd.getSize());
  });
});

describe('what the command is told', () => {
  it('one descriptor, which is for this very process, without a name', async () => {
    const variables = await environment();
    expect(variables.get('LISTEN_FDS')).toBe('1');
    expect(variables.get('LISTEN_PID')).toBe(variables.get('subprocess'));
    expect(variables.get('SHELL_PID')).toBe(variables.get('subprocess'));
    expect(variables.get('LISTEN_FDNAMES')).toBe('unknown');
    expect(variables.get('FD3')).toMatch(/^socket:/);
    expect(variables.get('PATH')).toBe(process.env.PATH);
  });

  it('the name that was set', async () => {
    expect((await environment('hello')).get('LISTEN_FDNAMES')).toBe('hello');
  });

  it('arguments as they are: with spaces, quotes, empty', async () => {
    const file = join(await temporaryFolder(), 'arguments');
    const words = ['two words', '', `it's "quoted" $HOME`];
    const nbd = await newHandle();
    const script = `out=$1; shift; printf '%s\\n' "$@" > "$out"; exec ${nbdkit.join(' ')}`;
    await nbd.connectSystemdSocketActivation(['sh', '-c', script, 'sh', file, ...words]);
    expect((await readFile(file, 'utf8')).split('\n')).toEqual([...words, '']);
  });
});

describe('setSocketActivationName', () => {
  it('is empty at first, and is what was set', async () => {
    const nbd = await newHandle();
    expect(nbd.getSocketActivationName()).toBe('');
    nbd.setSocketActivationName('disk');
    expect(nbd.getSocketActivationName()).toBe('disk');
    nbd.setSocketActivationName('');
    expect(nbd.getSocketActivationName()).toBe('');
  });

  it.each(['with:colon', 'x'.repeat(256), 'line\nend', 'Büchse'])('refuses what systemd does not take: %s', async (name) => {
    const nbd = await newHandle();
    const error = await nbdError(() => nbd.setSocketActivationName(name));
    expect(['EINVAL', 'ENAMETOOLONG']).toContain(error.code);
    expect(nbd.getSocketActivationName()).toBe('');
  });
});

describe('afterwards', () => {
  it('the folder of the socket is gone, and the server that waits for others was told to end', async () => {
    const signals = join(await temporaryFolder(), 'signals');
    const nbd = await newHandle();
    // The shell stays, and waits for its server, which must see itself as the one that the descriptor is for.
    const server = 'LISTEN_PID=$$ exec "$@"';
    const script = `trap 'echo SIGTERM > "$0"; kill $!; exit' TERM; sh -c '${server}' sh "$@" & wait`;
    await nbd.connectSystemdSocketActivation(['sh', '-c', script, signals, ...nbdkit]);
    const pid = nbd.getSubprocessPid();
    const socket = socketOf(nbd);
    expect(existsSync(socket)).toBe(true);
    nbd.close();
    expect(existsSync(dirname(socket))).toBe(false);
    await gone(pid);
    expect(await readFile(signals, 'utf8')).toBe('SIGTERM\n');
  });

  it('no process is left of one that does not serve', async () => {
    const nbd = await newHandle();
    const error = await nbdError(nbd.connectSystemdSocketActivation(['true'], { signal: AbortSignal.timeout(5000) }));
    expect(error.message).toMatch(/^nbd_connect_systemd_socket_activation: /);
  });

  it('nothing is left of a command that does not exist', async () => {
    const made = vi.spyOn(fs, 'mkdtempSync');
    syncBuiltinESMExports();
    onTestFinished(() => {
      made.mockRestore();
      syncBuiltinESMExports();
    });
    const nbd = await newHandle();
    const error = await nbdError(nbd.connectSystemdSocketActivation(['no-such-command-anywhere']));
    expect(error.code).toBe('ENOENT');
    expect(error.message).toContain('no-such-command-anywhere cannot be started: no folder of PATH has it');
    const [folder] = made.mock.results;
    expect(folder?.type).toBe('return');
    expect(existsSync(String(folder?.value))).toBe(false);
  });
});

const socketOf = (nbd: NBD): string => new URL(nbd.getUri()).searchParams.get('socket') ?? '';
