// `libnbd-wasm dump`, beside nbddump.
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../support/processes.js';
import { nbdkit } from '../support/servers.js';
import { Terminal } from '../support/terminal.js';
import { failure, main, ours, run, theirs } from './cli.js';

const noMap = '--filter=noextents';
const failing = ['error-pread=EIO', 'error-pread-rate=100%'];
const inBlocks = ['blocksize-minimum=64K', 'blocksize-preferred=64K', 'blocksize-error-policy=error'];
const repeats = '( "a line that is.."*3 "x" )*3 "0123456789abcdef"*90000 "y" 0*100 "0123456789abcdef"*3';
const islands = '@0x200003 "island" @0x507ff8 "the end!" @0x800000 0*40 1 2 3';

describe('of a disk', () => {
  test.for<[name: string, ...args: string[]]>([
    ['of holes, none of which is read', '--filter=error', 'memory', '1G', ...failing],
    ['of zeroes that must be read', noMap, 'memory', '20000003'],
    ['of data', 'random', '700001'],
    ['of repeated lines', 'data', repeats],
    ['of repeated lines without a map', noMap, 'data', repeats, 'size=3M'],
    ['of islands between long holes', 'data', islands, 'size=12000001'],
    ['of islands without a map', noMap, 'data', islands, 'size=12000001'],
    ['in blocks of 64 KiB', '--filter=blocksize-policy', 'data', islands, 'size=12M', ...inBlocks],
    ['whose last line is a hole and short', 'data', islands, 'size=10485765'],
    ['of 48 zeroes', 'memory', '48'],
    ['of 5 bytes', 'pattern', '5'],
    ['of none', 'memory', '0'],
  ])('%s', async ([, ...args]) => {
    const { uri } = await nbdkit(...args);
    expect(await ours('dump', uri)).toBe(await theirs('nbddump', uri));
  });

  test('that cannot be read', async () => {
    const { uri } = await nbdkit('--filter=error', 'pattern', '64K', ...failing);
    const [{ code, stderr }, expected] = [await failure('dump', uri), await theirs('nbddump', uri).catch((error) => error)];
    expect(code).toBe(expected.code);
    const [text] = expected.stderr.split('Input/output error'); // the C library's word for it
    expect(stderr.replace('libnbd-wasm:', 'nbddump:')).toBe(`${text}I/O error (65536 bytes at offset 0)\n`);
  });
});

describe('in colours', () => {
  const esc = '\u001b';
  const [green, grey, blue, red, magenta] = ['22;32', '22;90', '1;34', '1;31', '1;35'].map((sgr) => `${esc}[${sgr}m`);
  const dots = (count: number) => `${grey}·`.repeat(count);
  const zero = `${grey}00 `;
  const zeroes = `${zero.repeat(8)} ${zero.repeat(8)}`;
  const line = (offset: string, hex: string, text: string) =>
    `${green}${offset}${grey}: ${hex}${grey}│${text}${grey}│\n${esc}[0m`;
  /** As nbddump 1.22 shows it. */
  const disk = ['data', '"a!" 0 0 0xff', 'size=100'];
  const firstBytes = `${blue}61 ${blue}21 ${zero}${zero}${blue}ff `;
  const firstText = `${red}a${magenta}!${dots(3)}`;
  const all = [
    line('0000000000', `${firstBytes}${zero.repeat(3)} ${zero.repeat(8)}`, `${firstText}${dots(11)}`),
    line('0000000010', zeroes, dots(16)),
    '☆\n',
    `${green}0000000060${grey}: ${zero.repeat(4)}${grey}${' '.repeat(37)}│${dots(4)}${grey}${' '.repeat(12)}│\n${esc}[0m`,
  ].join('');
  const short = `${green}0000000000${grey}: ${firstBytes}${grey}${' '.repeat(34)}│${firstText}${grey}${' '.repeat(11)}│\n${esc}[0m`;

  test.for(['--color', '--colors', '--colour', '--colours'])('%s', async (option) => {
    const { uri } = await nbdkit(...disk);
    expect(await ours('dump', option, uri)).toBe(all);
    expect(await ours('dump', option, '-n', '5', uri)).toBe(short);
  });

  test('on a terminal, unless told otherwise', async () => {
    const { uri } = await nbdkit(...disk);
    const plain = await ours('dump', uri);
    const shown = async (noColor: string | undefined, ...words: string[]) => {
      const terminal = new Terminal([process.execPath, main, 'dump', ...words, uri], { NO_COLOR: noColor });
      expect(await terminal.exit).toBe(0);
      return terminal.output;
    };
    expect(await shown(undefined)).toBe(all);
    expect(await shown('1')).toBe(plain);
    expect(await shown('1', '--color')).toBe(all);
    for (const option of ['--no-color', '--no-colors', '--no-colour', '--no-colours']) {
      expect(await shown(undefined, option)).toBe(plain);
    }
  });

  test('which Ctrl-C takes back', async () => {
    const { uri } = await nbdkit('random', '1G');
    const terminal = new Terminal([process.execPath, main, 'dump', uri], { NO_COLOR: undefined });
    await terminal.shows('│');
    terminal.type('\u0003');
    expect(await terminal.exit).toBe(130);
    expect(terminal.output.endsWith(`\n${esc}[0m`)).toBe(true);
  });
});

describe('of a part of a disk', () => {
  const disk = ['data', islands, 'size=12000001'];

  test('that has a length', async () => {
    const { uri } = await nbdkit(...disk);
    for (const length of [0, 1, 16, 100, 0x20_0008, 0x20_0010, 11_999_999, 20_000_000]) {
      expect(await ours('dump', '-n', `${length}`, uri), `${length}`).toBe(await theirs('nbddump', '-n', `${length}`, uri));
    }
  });

  // Debian's nbddump may be older than its --offset: then it is a disk that begins there, but for the offsets that are shown.
  test.for([
    [16, 100],
    [3, 0x20_0000],
    [0x10_0001, 8_000_000],
    [0x50_7fff, 20_000_000],
    [12_000_000, 1],
    [12_000_001, 1],
  ] as const)('from %i on, of %i bytes', async ([offset, length]) => {
    const { uri } = await nbdkit(...disk);
    const rest = await nbdkit('--filter=offset', ...disk, `offset=${offset}`);
    const expected = await theirs('nbddump', '-n', `${length}`, rest.uri);
    const moved = expected.replace(/^[0-9a-f]+/gm, (at) => (Number.parseInt(at, 16) + offset).toString(16).padStart(10, '0'));
    expect(await ours('dump', '--length', `${length}`, '--offset', `${offset}`, uri)).toBe(moved);
  });

  test('that begins beyond its end', async () => {
    const { uri } = await nbdkit(...disk);
    expect((await failure('dump', '--offset', '12000002', uri)).stderr).toContain('beyond the end of the disk');
  });

  test('under the name of nbddump: decimal numbers alone, and its error for what is none', async () => {
    const link = join(await temporaryFolder(), 'nbddump');
    await symlink(main, link);
    const { uri } = await nbdkit('pattern', '64');
    const called = (...words: string[]) => run(process.execPath, [link, ...words, uri]);
    const all = await called();
    expect(all.stdout).toBe(await theirs('nbddump', uri));
    expect(await called('-n', `${2n ** 64n - 1n}`)).toEqual(all);
    expect(await called('-o', '99', '-n', '0')).toEqual({ stdout: '', stderr: '' });
    for (const [option, name] of [
      ['-n', 'length'],
      ['--limit', 'length'],
      ['--skip', 'offset'],
    ] as const) {
      for (const number of ['10abc', '1M', '0x10', '-1', '']) {
        const stderr = `nbddump: could not parse --${name} option: ${number}\n`;
        await expect(called(option, number)).rejects.toMatchObject({ code: 1, stdout: '', stderr });
      }
    }
  });
});

describe('to a reader', () => {
  test('that wants no more than a line', async () => {
    const { uri } = await nbdkit('pattern', '16M');
    const shown = (...words: string[]) => run('bash', ['-c', '"$@" | head -1; echo $PIPESTATUS', 'bash', ...words, uri]);
    expect(await shown(process.execPath, main, 'dump')).toEqual(await shown('nbddump'));
  });

  test('that is slow: it does not pile up', async () => {
    const { uri } = await nbdkit('random', '48M');
    const report = 'process.on("exit", () => console.error(process.resourceUsage().maxRSS))';
    const words = [process.execPath, '--import', `data:text/javascript,${encodeURIComponent(report)}`, main, 'dump', uri];
    const { stderr } = await run('bash', ['-c', '"$@" | { read -r; sleep 1; cat >/dev/null; }', 'bash', ...words]);
    expect(Number(stderr)).toBeGreaterThan(10_000); // KiB
    expect(Number(stderr)).toBeLessThan(240_000); // the output is 245,760 KiB
  });
});
