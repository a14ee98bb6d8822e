// What the package's package.json says fits what is in it, for Node, for bundlers and for TypeScript: publint and "are the types
// wrong?" on the tarball.
import { readFile } from 'node:fs/promises';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { expect, test } from 'vitest';
import { pack } from './support.js';

const bytes = async () => Uint8Array.from(await readFile(await pack()));

test('publint has nothing to say', async () => {
  const { messages, pkg } = await publint({ pack: { tarball: (await bytes()).buffer }, level: 'suggestion', strict: true });
  expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
});

test('the types are right, wherever modules can be imported', async () => {
  const excludeEntrypoints = ['./libnbd.wasm', './blkid.wasm', './ext2.wasm', './7z.wasm', './tls.wasm']; // files, and what a module of them would export is each bundler's affair
  const { types, ...checked } = await checkPackage(createPackageFromTarballData(await bytes()), { excludeEntrypoints });
  expect(types).toEqual({ kind: 'included' });
  const problems = 'problems' in checked ? checked.problems : [];
  // Of Node before it knew modules, and of require(): what attw's own profile `esm-only` leaves out.
  const esmOnly = problems.filter(
    (problem) => !('resolutionKind' in problem && ['node10', 'node16-cjs'].includes(problem.resolutionKind)),
  );
  expect(esmOnly).toEqual([]);
});
