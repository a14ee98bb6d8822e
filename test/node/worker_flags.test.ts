// Workers in a process that was started with flags: those of V8 are the whole process's, and some of Node's are no worker's.
import { expect, test } from 'vitest';
import { mke2fs, tree } from '../files/trees.js';
import { nodeProgram } from '../support/node_program.js';

test.for<[name: string, ...flags: string[]]>([
  ['without any'],
  ['with more memory', '--max-old-space-size=400'],
  ['with two of V8', '--expose-gc', '--stack-size=900'],
  ['with one of Node, for workers as well', '--no-warnings'],
  ['of a module on the command line', '--input-type=module'],
  ['of a module on the command line, in two words', '--input-type', 'module'],
  ['of a module on the command line, with one of V8', '--input-type=module', '--max-old-space-size=400'],
])('%s', async ([, ...flags]) => {
  const image = await mke2fs('ext4', await tree(), '32M');
  const program = `
    const work = async () => {
      const { fileSystem } = await import('libnbd-wasm');
      const { loadInWorker } = await import('libnbd-wasm/worker-client');
      const lib = await loadInWorker();
      const nbd = await lib.create();
      await nbd.connectCommand(['nbdkit', '-s', 'file', ${JSON.stringify(image)}]);
      const files = await fileSystem(nbd);
      console.log((await files.stat('/one')).size);
      files.close();
      await nbd.shutdown();
      lib.close();
    };
    work();`;
  expect(await nodeProgram(program, {}, [], flags)).toEqual({ code: 0, stdout: '1048576n\n', stderr: '' });
});
