// The images that util-linux's own tests are made with, one for each of the hundred kinds: the same as native libblkid finds.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { upstreamImages } from './native.js';
import { expectAsBlkid, expectPartitionsAsBlkid, probed, unpacked } from './probed.js';

const images = ['images-fs', 'images-pt'].flatMap((folder) =>
  readdirSync(join(upstreamImages, folder))
    .filter((name) => name.endsWith('.img.xz'))
    .map((name) => join(folder, name)),
);

test('there are all of them', () => expect(images.length).toBeGreaterThan(120));

test.for(images)('%s', async (name) => {
  const image = await unpacked(join(upstreamImages, name));
  const found = await probed(image);
  await expectAsBlkid(found, image);
  await expectPartitionsAsBlkid(found, image);
  expect(found.warnings.filter(({ code }) => code === 'probe-failed' || code === 'unreadable')).toEqual([]);
});
