// `libnbd-wasm dump`, beside nbddump.
import { describe, expect, test } from 'vitest';
import { nbdkit } from '../support/servers.js';
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
