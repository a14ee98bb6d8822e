// nbdinfo of one server after the other with each option, byte by byte as native nbdinfo prints it.
import { afterAll, beforeAll, describe, test } from 'vitest';
import { noise } from '../../support/bytes.js';
import { Owner } from '../../support/cleanup.js';
import { type Pki, pki } from '../../support/pki.js';
import { nbdkit, nbdkitOnTcp, nbdServer, qemuNbd, type Server } from '../../support/servers.js';
import { expectSameBut, noWords, type Outcome, oracle, words } from './compare.js';
import { lastOneRefused, nbdServerAsked } from './info_differences.js';

const compare = oracle();
const keys = pki();
const MiB = 2 ** 20;

/** A server of several exports, each with a description. */
const several = (...names: string[]): Promise<Server> => {
  const exports = ['exportname-strict=true', 'exportname-list=explicit', ...names.map((name) => `exportname=${name}`)];
  return nbdkit('--filter=exportname', 'data', '0x55 0xaa @65536 1', 'size=1M', ...exports, 'exportdesc=fixed:one of several');
};

/** Says of its extents what no other server here does: zeroes that are no hole, and a hole that is not zero. */
const everyKind = [
  'get_size=echo 1M',
  'pread=dd if=/dev/zero count=$3 iflag=count_bytes',
  'can_extents=exit 0',
  'extents=echo 0 64K zero; echo 64K 64K; echo 128K 128K hole; echo 256K 768K hole,zero',
];

const named = (server: Server, name: string): string =>
  server.uri.replace(/:\/\/[^/?]*\/?/, (origin) => `${origin.replace(/\/?$/, '/')}${name}`);
const nbds = (server: Server, parameter: keyof Pki, user = ''): string => {
  const parameters = parameter === 'psk' ? `tls-psk-file=${keys.psk}` : `tls-certificates=${keys[parameter]}`;
  if ('path' in server.address) return `nbds+unix://${user}/?socket=${server.path}&${parameters}`;
  return `nbds://${user}localhost:${server.address.port}/?${parameters}`;
};

const everyServer = [noWords, '--json', '--list', '--list --json', '--size', '--uri', '--map', '--map --totals'];
const everyOption = [
  ...everyServer,
  '-L',
  '--list --content',
  '--list --no-content',
  '--list --content --json',
  '--list --colour',
  '--no-content',
  '--content',
  '--no-content --json',
  '--color',
  '--colours --json',
  '--color --no-color',
  '--size --json',
  '--uri --json',
  '--map --json',
  '--map --color',
  '--map --totals --json',
  '--map --totals --color',
  '--map --total',
  '--map=base:allocation',
  '--map=x:nosuch',
  '--can write --json',
];
const maps = (context: string) => [
  `--map=${context}`,
  `--map=${context} --json`,
  `--map=${context} --color`,
  `--map=${context} --totals`,
  `--map=${context} --totals --json`,
  `--map=${context} --totals --color`,
];
const bitmap = maps('qemu:dirty-bitmap:changes');
const depth = maps('qemu:allocation-depth');

interface Served {
  readonly name: string;
  readonly start: () => Promise<Server>;
  readonly uri?: (server: Server) => string;
  readonly options: readonly string[];
  /** Makes alike what ours does otherwise on purpose. */
  readonly settle?: (outcome: Outcome) => Outcome;
}

const servers: Served[] = [
  { name: 'nbdkit', start: () => nbdkit('data', '0x55 0xaa @32768 1 @98304 1*65536', 'size=1M'), options: everyOption },
  { name: 'nbdkit over TCP', start: () => nbdkitOnTcp('data', '"hello"'), options: everyServer },
  { name: 'an oldstyle nbdkit', start: () => nbdkit('-o', 'memory', '64K'), options: everyServer },
  { name: 'nbdkit without structured replies', start: () => nbdkit('--no-sr', 'memory', '64K'), options: everyServer },
  { name: 'a read-only nbdkit', start: () => nbdkit('-r', 'pattern', '3000'), options: everyServer },
  {
    name: 'an empty disk',
    start: () => nbdkit('null', '0'),
    options: [...everyServer, '--map --json', '--map --totals --json'],
  },
  { name: 'a disk of 2^63-1 bytes', start: () => nbdkit('memory', `${2n ** 63n - 1n}`), options: [noWords, '--json', '--size'] },
  {
    name: 'a sparse disk, larger than one request asks about',
    start: () => nbdkit('sparse-random', 'size=8G', 'seed=1', 'percent=0.1'),
    options: maps('base:allocation'),
  },
  { name: 'extents of every kind', start: () => nbdkit('eval', ...everyKind), options: ['--map', ...maps('base:allocation')] },
  {
    name: 'block sizes',
    start: () =>
      nbdkit(
        '--filter=blocksize-policy',
        'memory',
        '1M',
        'blocksize-minimum=512',
        'blocksize-preferred=64K',
        'blocksize-maximum=1M',
      ),
    options: everyServer,
  },
  {
    name: 'nbdkit with a list',
    start: () => several('one', 'two', 'three'),
    uri: (server) => named(server, 'two'),
    options: everyOption,
  },
  {
    name: 'a list with names that need quotes',
    start: () => several('a "quoted" one', 'back\\slash', 'é 🖴', 'per%20cent'),
    uri: (server) => named(server, '%C3%A9%20%F0%9F%96%B4'),
    options: everyServer,
  },
  {
    name: 'a list with control characters',
    start: () => several('\u001b[31mred', 'line\nfeed', '\u009b2J'),
    uri: (server) => named(server, '%1b[31mred'),
    options: everyServer,
  },
  {
    name: 'a list with an export that cannot be opened',
    start: () =>
      nbdkit(
        'eval',
        'list_exports=echo NAMES; echo good; echo bad',
        'open=test "$3" != bad || { echo EPERM no >&2; exit 1; }',
        'get_size=echo 1M',
        'pread=dd if=/dev/zero count=$3 iflag=count_bytes',
      ),
    uri: (server) => named(server, 'good'),
    options: everyServer,
    settle: lastOneRefused,
  },
  {
    name: 'a disk that cannot be read',
    start: () => nbdkit('--filter=error', 'memory', '1M', 'error-pread=EIO', 'error-pread-rate=100%'),
    options: everyServer,
  },
  {
    name: 'a disk whose extents cannot be had',
    start: () => nbdkit('--filter=error', 'memory', '1M', 'error-extents=EIO', 'error-extents-rate=100%'),
    options: maps('base:allocation'),
  },
  {
    name: 'TLS with certificates over TCP',
    start: () => nbdkitOnTcp('--tls=require', '--tls-verify-peer', `--tls-certificates=${keys.server}`, 'memory', '1M'),
    uri: (server) => nbds(server, 'client'),
    options: [...everyServer, '--list --content'],
  },
  {
    name: 'TLS with certificates',
    start: () => nbdkit('--tls=require', `--tls-certificates=${keys.server}`, 'memory', '1M'),
    uri: (server) => nbds(server, 'anonymous'),
    options: everyServer,
  },
  {
    name: 'TLS with a pre-shared key',
    start: () => nbdkit('--tls=require', `--tls-psk=${keys.psk}`, 'memory', '1M'),
    uri: (server) => nbds(server, 'psk', 'alice@'),
    options: everyServer,
  },
  {
    name: 'qemu-nbd with a raw image',
    start: () => qemuNbd({ format: 'raw', size: MiB, content: noise(65536), options: ['-x', 'disk', '-D', 'a disk'] }),
    uri: (server) => named(server, 'disk'),
    options: everyServer,
  },
  {
    name: 'qemu-nbd with a bitmap, over another image',
    start: () =>
      qemuNbd({
        format: 'qcow2',
        size: 4 * MiB,
        backing: noise(3 * MiB),
        bitmap: 'changes',
        content: noise(MiB),
        commands: ['write -z 1280k 256k', 'write 2M 64k', 'discard 128k 64k'],
        options: ['--allocation-depth'],
      }),
    options: [...everyServer, ...bitmap, ...depth],
  },
  {
    name: 'nbd-server',
    start: () => nbdServer(noise(8192)),
    uri: (server) => named(server, 'disk'),
    options: everyServer,
    settle: nbdServerAsked,
  },
];

describe.for(servers.map((served) => [served.name, served] as const))(
  '%s',
  ([, { start, uri = ({ uri }: Server) => uri, options, settle = (outcome: Outcome) => outcome }]) => {
    const owner = new Owner();
    let server: Server;
    beforeAll(async () => {
      server = await owner.run(start);
    });
    afterAll(() => owner.end());

    test.for(options)('%s', async (title) => expectSameBut(settle, await compare('nbdinfo', [...words(title), uri(server)])));
  },
);
