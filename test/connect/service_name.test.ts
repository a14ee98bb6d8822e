// A port by the name of its service: 'nbd' is 10809, a port that a test cannot have. So the connection is one of the test's own.
import { expect, it } from 'vitest';
import { connectingTo } from '../support/connect_targets.js';
import { newHandle } from '../support/handles.js';
import { nbdkit } from '../support/servers.js';

it("takes 'nbd' for NBD's own port", async () => {
  const server = await nbdkit('null', '1M');
  const { lib, targets } = await connectingTo(server);
  const nbd = await newHandle(lib);
  await nbd.connectTcp('disks.example', 'nbd');
  expect(targets).toEqual([{ host: 'disks.example', port: 10809 }]);
  expect(nbd.getUri()).toBe('nbd://disks.example:nbd/');
});
