// `libnbd-wasm sh`: what upstream's tests ask of nbdsh, told of this shell; then its prompt, on a terminal.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { failure, main, ours, run } from '../node/cli.js';
import { peer } from '../support/peer.js';
import { temporaryFolder } from '../support/processes.js';
import { nbdkit } from '../support/servers.js';
import { Terminal } from '../support/terminal.js';

const sh = (...words: string[]): Promise<string> => ours('sh', ...words);
const scripts = (...codes: string[]): string[] => codes.flatMap((code) => ['-c', code]);

/** What it prints with something on standard input. */
async function fed(input: string, ...words: string[]): Promise<string> {
  const child = spawn(process.execPath, [main, 'sh', ...words], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(input);
  const [printed] = await Promise.all([text(child.stdout), once(child, 'close')]);
  return printed;
}

describe('the handle', () => {
  test('is there, and is an NBD without debugging', async () => {
    expect(await sh('-c', 'console.log(h instanceof NBD, h instanceof nbd.NBD, h.getDebug())')).toBe('true true false\n');
  });

  test('is not there with -n', async () => {
    expect(await sh('-n', '-c', 'console.log(typeof h, typeof nbd.openDisk, typeof openDisk)')).toBe(
      'undefined function function\n',
    );
  });

  test.for([['--uri', 'nbd://localhost'], ['--opt-mode'], ['--base-allocation']])('cannot be left out with %s', async (words) => {
    const { code, stderr } = await failure('sh', '-n', ...words);
    expect(code).toBe(2);
    expect(stderr).toContain('--no-handle leaves nothing for --uri, --opt-mode or --base-allocation');
  });

  test('has said goodbye to its server when the shell ends', async () => {
    const folder = await temporaryFolder();
    const end = join(folder, 'end');
    const { uri } = await nbdkit('sh', await plugin(folder, `echo "goodbye of $2" >${end}`));
    await sh('-u', uri, '-c', 'await h.pread(512, 0)');
    await expect.poll(() => readFile(end, 'utf8').catch(() => ''), { timeout: 10_000 }).toContain('goodbye');
  });

  /** A disk whose server runs a command when a client has said goodbye. */
  async function plugin(folder: string, close: string): Promise<string> {
    const path = join(folder, 'plugin.sh');
    const cases = `get_size) echo 1M ;; pread) head -c $3 /dev/zero ;; close) ${close} ;; *) exit 2 ;;`;
    await writeFile(path, `#!/bin/sh\ncase $1 in ${cases} esac\n`, { mode: 0o755 });
    return path;
  }
});

describe('metadata contexts', () => {
  const asked = 'console.log(h.canMetaContext(nbd.CONTEXT_BASE_ALLOCATION))';

  test.for<[name: string, words: (uri: string) => string[], printed: string]>([
    ['are not asked for', (uri) => ['-u', uri, '-c', asked], 'false\n'],
    [
      'are asked for by code before --uri',
      (uri) => ['-c', 'h.addMetaContext(nbd.CONTEXT_BASE_ALLOCATION)', '-u', uri, '-c', asked],
      'true\n',
    ],
    ['are asked for by --base-allocation', (uri) => ['--base-allocation', '--uri', uri, '--command', asked], 'true\n'],
    ['are asked for by its beginning', (uri) => ['--b', '-u', uri, '-c', asked], 'true\n'],
    [
      'are chosen in --opt-mode',
      (uri) => [...['--opt-mode', '-u', uri], ...scripts('h.addMetaContext(CONTEXT_BASE_ALLOCATION)', 'await h.optGo()', asked)],
      'true\n',
    ],
    [
      'are not known before the end of negotiation',
      (uri) => [
        ...['--opt-mode', '--base-allocation', '-u', uri],
        ...scripts(`try { ${asked} } catch (error) { console.log(error instanceof NBDError) }`, 'await h.optGo()', asked),
      ],
      'true\ntrue\n',
    ],
  ])('%s', async ([, words, printed]) => {
    const { uri } = await nbdkit('null');
    expect(await sh(...words(uri))).toBe(printed);
  });
});

describe('code', () => {
  test('has the names of what was run before, with and without await', async () => {
    const { uri } = await nbdkit('pattern', '1M');
    const printed = await sh(
      ...['-u', uri],
      ...scripts(
        'function size() {\n  return h.getSize();\n}',
        'const bytes = await h.pread(8, 8)',
        'let i = 8; class Two {}; for await (const { length } of [await h.pread(i, 0)]) i += length;',
        'console.log(size(), Buffer.from(bytes).toString("hex"), i, typeof Two)',
      ),
    );
    expect(printed).toBe('1048576n 0000000000000008 16 function\n');
  });

  test('whose value is a promise is waited for, and no value is shown', async () => {
    expect(await sh(...scripts('1 + 1', 'new Promise((done) => setTimeout(done, 100)).then(() => console.log("done"))'))).toBe(
      'done\n',
    );
  });

  test('comes from standard input, with -c - or by itself', async () => {
    const program = 'const one = await 1;\nif (one === 1) {\n  console.log(one, h.getDebug());\n}\n';
    expect(await fed(program, '-c', '-')).toBe('1 false\n');
    expect(await fed(program)).toBe('1 false\n');
    expect(await fed('console.log(2)', '-c', 'console.log(1)', '-c', '-', '-c', 'console.log(3)')).toBe('1\n2\n3\n');
  });

  test.for([
    ['exit(3)', 3],
    ['exit(!h.supportsUri())', 0],
    ['exit(true)', 1],
    ['await 1; exit(4)', 4],
    ['(async () => { await 1; exit(5) })(); await new Promise(() => setTimeout(() => {}, 60_000))', 5],
  ] as const)('%s ends the shell with %i', async ([code, expected]) => {
    const ended = await run(process.execPath, [main, 'sh', ...scripts(code, 'console.log("not reached")')]).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
    );
    expect(ended).toEqual({ code: expected, stdout: '', stderr: '' });
  });

  test('ends when nobody reads what it prints', async () => {
    const { uri } = await nbdkit('null', '1M');
    const words = [process.execPath, main, 'sh', '-u', uri, '-c', 'for (;;) console.log(await h.pread(512, 0))'];
    expect((await run('bash', ['-c', '"$@" | head -1; echo $PIPESTATUS', 'bash', ...words])).stdout).toBe(
      'Uint8Array(512) [\n141\n',
    );
  });

  test('ends though something it has started goes on', async () => {
    const { uri } = await nbdkit('null', '1M');
    const code = 'const other = await NBD.create(); await other.connectUri(h.getUri()); setInterval(() => {}, 1000)';
    expect(await sh('-u', uri, ...scripts(code, 'console.log("end")'))).toBe('end\n');
  });
});

describe('errors', () => {
  test.for<[name: string, words: string[], text: RegExp]>([
    ['of libnbd are a line', ['-c', 'h.isReadOnly()'], /^libnbd-wasm: command line script failed: nbd_is_read_only: .*\n$/],
    [
      'of a connection too',
      ['-u', 'nbd+unix:///?socket=/nosuchsock'],
      /^libnbd-wasm: .*nbd_connect_uri: .*\/nosuchsock\)\nThere is no such socket/,
    ],
    ['that nobody awaits too', scripts('h.flush()', 'await new Promise(() => {})'), /^libnbd-wasm: .*nbd_flush: .*\n$/],
    [
      'of an option say where help is',
      ['--no-such'],
      /^libnbd-wasm: .*unrecognized.*no-such.*\nTry 'libnbd-wasm sh --help'\.\n$/,
    ],
    [
      'of a URI without its option say which',
      ['nbd://me:secret@there'],
      /^libnbd-wasm: give the URI as --uri nbd:\/\/me:…@there\n/,
    ],
    ['of code without its option say which', ['h.getSize()'], /^libnbd-wasm: give code as --command 'h.getSize\(\)'\n/],
    [
      'of the code tell the place',
      ['-c', 'const a = 1;\nnosuch()'],
      /^ReferenceError: nosuch is not defined\n {4}at script:2:1\n$/,
    ],
    ['that come later too', scripts('setTimeout(() => nosuch())', 'await new Promise(() => {})'), /ReferenceError: nosuch/],
    ['of the grammar too', ['-c', 'let x = ;'], /^script:1\nlet x = ;\n.*\^\n\nSyntaxError: Unexpected token ';'\n$/],
    ['of an end that is missing too', ['-c', 'if (true) {'], /SyntaxError: Unexpected end of input/],
    [
      'cannot write to the terminal',
      ['-c', 'throw new Error("\\u001b[31mred\\n\\u009b2J")'],
      /^Error: \\u001b\[31mred\n\\u009b2J\n/,
    ],
  ])('%s', async ([, words, text]) => {
    const { code, stderr } = await failure('sh', ...words);
    expect(stderr).toMatch(text);
    expect(code).toBe(/Try '/.test(stderr) ? 2 : 1);
  });

  test('have their stack with --verbose, and libnbd says what it does', async () => {
    const { code, stderr } = await failure('sh', '--verbose', '-c', 'h.isReadOnly()');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^NBDError: nbd_is_read_only: .*\n(.*\n)* +at script:1:3$/m);
    expect(stderr).toMatch(/^libnbd: debug: sh: nbd_is_read_only: enter:$/m);
    expect(await run(process.execPath, [main, 'sh', '-v', '-c', 'console.log(h.getDebug())'])).toMatchObject({
      stdout: 'true\n',
    });
  });

  test('of a server that says nothing come in time', async () => {
    const { uri } = await peer([]);
    const { stderr } = await failure('sh', '--timeout', '1', '-u', uri);
    expect(stderr).toContain('has not answered for 1 s');
  });
});

test('its options, for completion and for people', async () => {
  const long = await sh('--long-options');
  for (const option of ['--command', '--uri', '--version']) expect(long).toContain(`${option}\n`);
  const short = await sh('--short-options');
  for (const option of ['-c', '-u', '-V']) expect(short).toContain(`${option}\n`);
  const help = await sh('--help');
  for (const told of ['libnbd-wasm sh ', '--opt-mode', 'await', 'BigInt', 'connectUri']) expect(help).toContain(told);
});

describe('at the prompt', () => {
  const prompt = 'nbd> ';

  /** The shell, once it asks. Its lines are kept in a folder of the test's. */
  async function shell(words: string[] = [], state?: string): Promise<Terminal> {
    const environment = { XDG_STATE_HOME: state ?? (await temporaryFolder()), NO_COLOR: '1' };
    const terminal = new Terminal([process.execPath, main, 'sh', ...words], environment);
    await terminal.shows(prompt);
    return terminal;
  }

  async function end(terminal: Terminal): Promise<void> {
    terminal.type('\u0004');
    expect(await terminal.exit).toBe(0);
  }

  test('the first lines can be typed as they are', async () => {
    const { uri } = await nbdkit('memory', '1M');
    const terminal = await shell();
    expect(terminal.output).toContain('Welcome to libnbd-wasm sh');
    const [connecting = '', ...others] = terminal.output
      .split('\n')
      .filter((line) => line.startsWith('  ') && !line.includes('exit') && !line.includes('.help'));
    terminal.type(`${connecting.replace('nbd://localhost', uri)}\r`);
    await terminal.shows(prompt);
    expect(others).toHaveLength(2);
    terminal.type(`${others[0]}\r`);
    await terminal.shows('1048576n\n');
    terminal.type(`${others[1]}\r`);
    await terminal.shows('Uint8Array(512) [');
    await end(terminal);
  });

  test('a URI is connected to before the first line', async () => {
    const { uri } = await nbdkit('memory', '1M');
    const terminal = await shell(['-u', uri]);
    expect(terminal.output).not.toContain('connectUri');
    terminal.type('h.connected\r');
    await terminal.shows('true\n');
    terminal.type('exit(7)\r');
    expect(await terminal.exit).toBe(7);
  });

  test('Ctrl-C ends what is awaited, and nothing else', async () => {
    const { uri } = await nbdkit('--filter=delay', 'memory', '1M', 'rdelay=3');
    const terminal = await shell(['--base-allocation', '-u', uri]);
    // Node loses a Ctrl-C that comes while it begins to evaluate a line.
    const typed = async (line: string) => {
      terminal.type(`setImmediate(() => console.log("under" + "way")); ${line}\r`);
      await terminal.shows('underway\n');
      terminal.type('\u0003');
      await terminal.shows('Uncaught Error: interrupted\n');
      await terminal.shows(prompt);
    };
    terminal.type('let turns = 0, rejected; const mute = await NBD.create()\r');
    await terminal.shows(prompt);
    await typed('await h.pread(512, 0)');
    await typed('for (;;) { await h.blockStatus64(512, 0, () => {}); turns++ }');
    await typed('await new Promise(() => {})');
    await typed(`await mute.connectUri(${JSON.stringify((await peer([])).uri)})`);
    terminal.type('mute.aioIsDead()\r'); // it was not left connecting
    await terminal.shows('true\n');
    terminal.type('const before = turns; await h.pread(512, 0); turns === before ? "the loop has ended" : "it goes on"\r');
    await terminal.shows("'the loop has ended'\n");
    await end(terminal);
  });

  test('what servers say cannot write to the terminal', async () => {
    const said = 'a\u001b[31mdisk\u009b2J';
    const { uri } = await nbdkit(
      '--filter=exportname',
      'memory',
      '1M',
      'exportname=one',
      'default-export=one',
      `exportdesc=fixed:${said}`,
    );
    const terminal = await shell(['--opt-mode', '-u', uri]);
    terminal.type('h.setFullInfo(true); await h.optInfo(); h.getExportDescription()\r');
    await terminal.shows(String.raw`'a\x1B[31mdisk\x9B2J'`);
    terminal.type('[new Error(h.getExportDescription())]\r');
    await terminal.shows(String.raw`Error: a\u001b[31mdisk\u009b2J`);
    terminal.type('throw new NBDError(h.getExportDescription() + "\\n", null)\r');
    await terminal.shows(String.raw`Uncaught NBDError: a\u001b[31mdisk\u009b2J\u000a`);
    expect(terminal.output).not.toContain(said);
    await end(terminal);
  });

  test('an error of libnbd’s is a line, and is kept', async () => {
    const terminal = await shell();
    terminal.type('h.isReadOnly()\r');
    await terminal.shows('Uncaught NBDError: nbd_is_read_only: ');
    await terminal.shows(`\n`);
    await terminal.shows(prompt);
    expect(terminal.output).not.toContain('    at ');
    terminal.type('_error.code\r');
    await terminal.shows("'ENOTCONN'\n");
    await end(terminal);
  });

  test('lines are kept for the next time, for their user alone', async () => {
    const state = await temporaryFolder();
    const first = await shell([], state);
    first.type('"a line to keep"\r');
    await first.shows(prompt);
    await end(first);
    const path = join(state, 'libnbd-wasm', 'sh_history');
    expect(await readFile(path, 'utf8')).toContain('"a line to keep"');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const second = await shell([], state);
    second.type('\u001b[A');
    await second.shows('"a line to keep"');
    second.type('\u0015');
    await end(second);
  });

  test('lines are not kept where that cannot be, and nothing is said of it', async () => {
    const file = join(await temporaryFolder(), 'file');
    await writeFile(file, '');
    const terminal = await shell([], file);
    terminal.type('1 + 1\r');
    await terminal.shows('2\n');
    expect(terminal.output).not.toMatch(/history|kept|Error/);
    await end(terminal);
  });

  test('names are completed', async () => {
    const terminal = await shell();
    terminal.type('h.getSi\t');
    await terminal.shows('h.getSize');
    terminal.type('\u0015CONTEXT_BASE_A\t');
    await terminal.shows('CONTEXT_BASE_ALLOCATION');
    terminal.type('\u0015');
    await end(terminal);
  });
});
