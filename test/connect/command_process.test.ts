// What a command inherits of the process, and what the process is left with: each in a Node of its own.
import { expect, it } from 'vitest';
import { nodeProgram } from '../support/node_program.js';

const connect = (command: string) => `
  import { NBD } from 'libnbd-wasm';
  const nbd = await NBD.create();
  await nbd.connectCommand(['sh', '-c', ${JSON.stringify(command)}]);
`;

it("the child's standard error is the parent's", async () => {
  const command = 'echo from the child >&2; exec nbdkit --single --exit-with-parent null 1M';
  const ended = await nodeProgram(`${connect(command)} console.log(nbd.getSize()); await nbd.shutdown(); nbd.close();`);
  expect(ended).toEqual({ code: 0, stdout: '1048576n\n', stderr: 'from the child\n' });
});

it('the child has the environment and the working directory of the parent', async () => {
  const command = 'pwd >&2; echo "$MARKER" >&2; exec nbdkit --single --exit-with-parent null 1M';
  const program = `process.chdir('/'); ${connect(command)} nbd.close();`;
  expect((await nodeProgram(program, { MARKER: 'seen' })).stderr).toBe('/\nseen\n');
});

it('the process ends by itself once the handle is closed', async () => {
  const ended = await nodeProgram(`${connect('exec nbdkit --single --exit-with-parent null')} nbd.close();`);
  expect(ended.code).toBe(0);
});

it('the child ends when the process does, without being closed', async () => {
  const program = `${connect('exec nbdkit --single null')} console.log(nbd.getSubprocessPid()); process.exit(3);`;
  const ended = await nodeProgram(program); // which waits for the child's end: it holds the standard error
  expect(ended.code).toBe(3);
  expect(ended.stdout).toMatch(/^\d+n\n$/);
});
