// `libnbd-wasm sh`: a shell in JavaScript, as nbdsh is one in Python.
import { text } from 'node:stream/consumers';
import { inspect } from 'node:util';
import { CONTEXT_BASE_ALLOCATION, NBD, NBDError } from '../../node.js';
import { escapeLines } from '../../text/escape.js';
import { type Call, defineCommand, flag, values } from '../command.js';
import { print } from '../printing/output.js';
import { connect, sayGoodbye } from '../servers/connect.js';
import { limitsOf, Patience, patienceOptions } from '../servers/patience.js';
import { isUri, withoutPassword } from '../servers/uris.js';
import { Exit, interact, scriptRunner } from '../shell/evaluation.js';
import { defineNames } from '../shell/names.js';
import { UsageError } from '../usage.js';

/** What a shell makes of a process that SIGPIPE has ended. */
const brokenPipe = 128 + 13;

const options = {
  uri: values('URI', "connects h to an NBD URI or a WebSocket's URL", { short: 'u' }),
  command: values('CODE', 'runs it in the place of the shell; - reads it from standard input', { short: 'c' }),
  'opt-mode': flag("leaves --uri in negotiation, before h.optGo(), where the export's name and its contexts can be chosen"),
  'base-allocation': flag('asks for the metadata context base:allocation, which h.extents() needs'),
  'no-handle': flag('makes no handle: there is no h', { short: 'n' }),
  verbose: flag("writes libnbd's debug messages to standard error, and shows errors with their stack", { short: 'v' }),
  timeout: { ...patienceOptions.timeout, help: 'seconds that --uri has for each step of connecting; default 30, 0 for none' },
} as const;

type ShellCall = Call<typeof options>;

export const command = defineCommand({
  name: 'sh',
  summary: 'a shell in JavaScript with a handle ready, as nbdsh',
  synopsis: ['[OPTION ...]'],
  about: `A shell with all of the library at hand: h is a handle, nbd has all that libnbd-wasm exports, and NBD, openDisk, copy,
CONTEXT_BASE_ALLOCATION and the like can be named without nbd as well. With --command it runs code instead, and ends. Without a
terminal it runs what comes on standard input, as with --command -.

The options --uri, --command, --opt-mode and --base-allocation are done in the order in which they are given, so that what must be
set before connecting comes before --uri.

What nbdsh does, and how it is written here:

  h.connect_uri("nbd://localhost")    await h.connectUri('nbd://localhost')
  h.get_size()                        h.getSize()                 a BigInt: 1048576n
  buf = h.pread(512, 0)               buf = await h.pread(512, 0)  a Uint8Array
  h.pwrite(b"hello", 0)               await h.pwrite(Buffer.from('hello'), 0)
  h.block_status(...)                 for await (const e of h.extents()) console.log(e)
  h = nbd.NBD()                       h = await NBD.create()
  exit(1)                             exit(1)

Every call that waits for the server returns a promise, and wants an await. Offsets may be numbers or BigInts; sizes are BigInts, and
1n + 1 is a TypeError: Number(h.getSize()) makes a number of one.

In the shell Ctrl-C ends what is awaited, calls of handles as well as copy() and the like, and Ctrl-D ends the shell. .help lists what
begins with a dot. Lines are kept in libnbd-wasm/sh_history in $XDG_STATE_HOME, or in ~/.local/state where that is not set.`,
  options,
  examples: [
    [`libnbd-wasm sh -u nbd://localhost -c 'console.log(h.getSize())'`, 'prints the size in bytes'],
    ['libnbd-wasm sh -c - < program.js', 'runs a program'],
  ],
  operands: 'none',
  async run(call) {
    check(call);
    const code = await shell(call).catch((error: unknown) => failure(error, call.values.verbose));
    // Whatever was connected or started beside h, and is still there, must not keep the shell from ending.
    await print('');
    process.exit(code);
  },
});

function check({ values, operands }: ShellCall): void {
  const [word] = operands.flat();
  if (word !== undefined) {
    throw new UsageError(isUri(word) ? `give the URI as --uri ${withoutPassword(word)}` : `give code as --command '${word}'`);
  }
  if (values['no-handle'] && (values.uri.length > 0 || values['opt-mode'] || values['base-allocation'])) {
    throw new UsageError('--no-handle leaves nothing for --uri, --opt-mode or --base-allocation to be done with');
  }
}

async function shell({ values, given }: ShellCall): Promise<number> {
  const limits = limitsOf(values);
  if (values.verbose) showDebugMessages();
  endWithoutReader();
  const names = defineNames();
  const h = values['no-handle'] ? undefined : await NBD.create();
  if (h !== undefined) {
    h.setHandleName('sh');
    h.setUriAllowLocalFile(true); // whoever types may name files
    names.h = h;
  }
  const run = scriptRunner();
  const connectTo = async (uri: string): Promise<void> => {
    if (h === undefined) return;
    using patience = new Patience(withoutPassword(uri), limits.connecting);
    await connect(h, { uri }, patience.signal);
  };
  try {
    for (const [name, value] of given) {
      if (name === 'uri') await connectTo(String(value));
      if (name === 'opt-mode') h?.setOptMode(true);
      if (name === 'base-allocation') h?.addMetaContext(CONTEXT_BASE_ALLOCATION);
      if (name === 'command') await run(value === '-' ? await text(process.stdin) : String(value));
    }
    if (values.command.length > 0) return 0;
    if (process.stdin.isTTY) return await interact(banner(h), values.verbose);
    await run(await text(process.stdin));
    return 0;
  } finally {
    for (const nbd of new Set([h, names.h])) if (nbd instanceof NBD) await leave(nbd);
  }
}

/** Those of all handles. Words of servers are in them. */
function showDebugMessages(): void {
  process.env.LIBNBD_DEBUG = '1';
  const { error } = console;
  console.error = (first: unknown, ...rest: unknown[]) => {
    const isMessage = typeof first === 'string' && first.startsWith('libnbd: debug: ');
    error(isMessage ? escapeLines(first) : first, ...rest);
  };
}

/** A script that prints in a loop would not end when nobody reads it any more: console.log says nothing of it. */
function endWithoutReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(brokenPipe);
  });
}

/** Leaves a server in good order, whatever state the handle is in. */
async function leave(nbd: NBD): Promise<void> {
  if (nbd.connected) await sayGoodbye(nbd);
  await nbd[Symbol.asyncDispose]();
}

/** The exit code of what was thrown, once it was told: one line of what libnbd or a server says, and the place of any other mistake. */
function failure(error: unknown, isVerbose: boolean): number {
  if (error instanceof Exit) return error.code;
  if (error instanceof UsageError) throw error;
  if (error instanceof NBDError && !isVerbose) throw new Error(`command line script failed: ${error.message}`);
  const lines = inspect(error).split('\n');
  const own = /^ +at .*(node:|file:|<anonymous>\))/; // frames of Node's, and of the library
  process.stderr.write(`${escapeLines(lines.filter((one) => isVerbose || !own.test(one)).join('\n'))}\n`);
  return 1;
}

function banner(h: NBD | undefined): string {
  const lines = [
    ...(h === undefined ? ['h = await NBD.create()                      // makes a handle'] : []),
    ...(h?.connected ? [] : ["await h.connectUri('nbd://localhost')       // connects"]),
    'h.getSize()                                 // the size of the disk in bytes',
    'await h.pread(512, 0)                       // its first sector',
    'exit() or Ctrl-D                            // ends the shell',
    '.help                                       // what begins with a dot',
  ];
  const handle = h === undefined ? '' : 'h is a handle, and ';
  return `
Welcome to libnbd-wasm sh, a shell for NBD servers in JavaScript.

${handle}nbd the library; what nbd has, such as NBD and openDisk, can be named alone.

${lines.map((line) => `  ${line}\n`).join('')}
`;
}
