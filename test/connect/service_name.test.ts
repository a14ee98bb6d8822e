// A port by the name of its service: 'nbd' is 10809, a port that a test cannot have. So the connection is one of the test's own.
import { type ConnectTarget, load } from 'libnbd-wasm';
import { expect, it } from 'vitest';
import { newHandle } from '../support/handles.js';
import { nbdkit } from '../support/servers.js';

it("takes 'nbd' for NBD's own port", async () => {
  const server = await nbdkit('null', '1M');
  const targets: ConnectTarget[] = [];
  const lib = await load({
    connect: (target) => {
      targets.push(target);
      return server.socket();
    },
  });
  const nbd = await newHandle(lib);
  await nbd.connectTcp('disks.example', 'nbd');
  expect(targets).toEqual([{ host: 'disks.example', port: 10809 }]);
  expect(nbd.getUri()).toBe('nbd://disks.example:nbd/');
});
