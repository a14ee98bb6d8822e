// The URL of a WebSocket, such as a proxy prints, wherever the command line and the library take an address.
import { checksum, copy, NBD, openDisk } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { failure, ours } from '../node/cli.js';
import { proxyTo } from '../proxy/support.js';
import { nbdkit } from '../support/servers.js';

const disk = ['pattern', '1M'];

/** A server, and the URL of a proxy to it, with a token. */
async function behindProxy(...args: string[]): Promise<{ uri: string; url: string }> {
  const server = await nbdkit(...args);
  const proxy = await proxyTo(server, { token: 'secret' });
  return { uri: server.uri, url: `${proxy.url()}?token=secret` };
}

test('info', async () => {
  const { uri, url } = await behindProxy(...disk);
  expect(await ours('info', '--size', url)).toBe('1048576\n');
  const [through, direct] = [await ours('info', url), await ours('info', uri)];
  expect(through).toBe(direct.replace(/^\turi: .*\n/m, ''));
});

test('dump', async () => {
  const { uri, url } = await behindProxy(...disk);
  expect(await ours('dump', '-n', '4096', url)).toBe(await ours('dump', '-n', '4096', uri));
});

test('sh', async () => {
  const { url } = await behindProxy(...disk);
  expect(await ours('sh', '-u', url, '-c', 'console.log(h.getSize(), h)')).toBe('1048576n NBD { ready, 1 MiB, read-only }\n');
});

test('openDisk and copy', async () => {
  const { uri, url } = await behindProxy(...disk);
  const target = await behindProxy('memory', '1M');
  await using source = await openDisk(url);
  await using destination = await openDisk(target.url);
  await copy(source, destination);
  await using direct = await NBD.create();
  await direct.connectUri(uri);
  expect(await checksum(destination)).toBe(await checksum(direct));
});

test.for(['info', 'dump', 'sh'])('%s does not tell the token in an error', async (command) => {
  const { url } = await behindProxy(...disk);
  const wrong = url.replace('secret', 'guess');
  const { code, stderr } = await failure(command, ...(command === 'sh' ? ['-u'] : []), wrong);
  expect(code).toBe(1);
  expect(stderr).toContain('4401');
  expect(stderr).not.toContain('guess');
});
