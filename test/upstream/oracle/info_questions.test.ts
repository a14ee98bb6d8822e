// nbdinfo's questions with a yes or no, each by all of its names, and servers that it starts itself, as native nbdinfo answers.
import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { noise } from '../../support/bytes.js';
import { temporaryFolder } from '../../support/processes.js';
import { nbdkit, qemuNbd, type Server } from '../../support/servers.js';
import { expectSame, noWords, type Outcome, oracle, words } from './compare.js';

const compare = oracle();
const MiB = 2 ** 20;

/** Of each group of synonyms one has its others beside it. */
const flags = [
  'connect',
  'read',
  'write',
  'tls',
  'structured-reply',
  'sr',
  'Structured Replies',
  'extended-headers',
  'eh',
  'read-only',
  'readonly',
  'READ_ONLY',
  'rotational',
  'block-status-payload',
  'cache',
  'df',
  'fast-zero',
  'fastzero',
  'flush',
  'fua',
  'multi-conn',
  'multiconn',
  'trim',
  'zero',
  'nosuch',
];
const questions = [
  '--can',
  '--cannot',
  '--can-not',
  '--cant',
  '--has',
  '--hasnt',
  '--has-not',
  '--hasnot',
  '--have',
  '--havent',
  '--have-not',
  '--havenot',
  '--is',
  '--isnt',
  '--is-not',
  '--isnot',
];

describe('what a server can', () => {
  const kinds: [string, () => Promise<Server>][] = [
    ['nbdkit', () => nbdkit('memory', '1M')],
    ['qemu-nbd, read-only', () => qemuNbd({ format: 'qcow2', size: MiB, options: ['-r'] })],
  ];
  test.for(kinds)('%s', async ([, start]) => {
    const { uri } = await start();
    for (const flag of flags) {
      const both = await compare('nbdinfo', ['--can', flag, uri]);
      expect.soft(both.ours, flag).toEqual(both.theirs);
    }
  });

  test.for(questions)('%s', async (question) => {
    const { uri } = await nbdkit('memory', '1M');
    for (const flag of ['write', 'nosuch']) {
      const both = await compare('nbdinfo', [question, flag, uri]);
      expect.soft(both.ours, flag).toEqual(both.theirs);
    }
  });
});

describe('a command in square brackets', () => {
  const command = ['--', '[', 'nbdkit', 'data', '1 2 3 @65536 1', 'size=1M', ']'];
  test.for([noWords, '--json', '--list', '--list --json', '--size', '--map', '--map --totals', '--can write'])(
    '%s',
    async (title) => expectSame(await compare('nbdinfo', [...words(title), ...command])),
  );

  test('--uri has a socket of its own', async () => {
    const { ours, theirs } = await compare('nbdinfo', ['--uri', ...command]);
    const anywhere = ({ stdout }: Outcome) => stdout.replace(/(?<=socket=).*/, '…');
    expect({ ...ours, stdout: anywhere(ours) }).toEqual({ ...theirs, stdout: anywhere(theirs) });
  });

  test('qemu-nbd', async () => {
    const image = join(await temporaryFolder(), 'image');
    await writeFile(image, noise(65536));
    await truncate(image, MiB);
    const both = await compare('nbdinfo', ['--map', '--', '[', 'qemu-nbd', '-r', '-f', 'raw', image, ']']);
    expect(both.theirs.code).toBe(0);
    expectSame(both);
  });
});
