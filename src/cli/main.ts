#!/usr/bin/env node
// The command line: libnbd-wasm COMMAND ...
import { dump } from './dump.js';
import { info } from './info.js';
import { UsageError } from './usage.js';

const usage = `libnbd-wasm: read and inspect disks over the Network Block Device protocol

  libnbd-wasm info [--json] [--size] URI              what nbdinfo says of a server's export
  libnbd-wasm dump [--length N] [--offset N] URI      a hex dump, as nbddump makes it
  libnbd-wasm proxy --target NAME=URI [...]           lets web pages reach NBD servers; proxy --help says more
  libnbd-wasm --help | --version

URI is an NBD URI, such as nbd://HOST[:PORT][/EXPORT] or nbd+unix:///[EXPORT]?socket=PATH. In its place a command can stand that
serves NBD, in square brackets: libnbd-wasm info -- [ qemu-nbd -r -f qcow2 file.qcow2 ]
`;

const commands: Record<string, (args: string[]) => Promise<void>> = {
  info,
  dump,
  proxy: async (args) => (await import('./proxy.js')).proxy(args),
};

async function main([name, ...args]: string[]): Promise<void> {
  if (name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(usage);
    return;
  }
  if (name === '--version' || name === '-V') {
    const { NBD } = await import('../node.js');
    using nbd = await NBD.create();
    process.stdout.write(`libnbd-wasm with libnbd ${nbd.getVersion()}\n`);
    return;
  }
  const command = commands[name ?? ''];
  if (command === undefined) throw new UsageError(name === undefined ? 'no command was given' : `there is no command ${name}`);
  await command(args);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const isMistake =
    error instanceof UsageError ||
    (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'));
  process.stderr.write(`libnbd-wasm: ${error instanceof Error ? error.message : String(error)}\n`);
  if (isMistake) process.stderr.write("Try 'libnbd-wasm --help'.\n");
  process.exitCode = isMistake ? 2 : 1;
});
