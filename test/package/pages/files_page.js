// The test waits for `result`: what is in the file system of the disk, or in the image that the disk is if `image` is in the address.
import { diskImage, fileSystem, NBD } from './dist/browser.js';

async function readFiles() {
  try {
    const nbd = await NBD.create();
    await nbd.connectWebSocket(`ws://${location.host}/nbd/disk`);
    const image = new URLSearchParams(location.search).has('image') ? await diskImage(nbd) : undefined;
    const files = await fileSystem(image ?? nbd);
    const names = [];
    for await (const { name, type, size } of files.readdir('/many')) names.push(`${name} ${type} ${size}`);
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', await files.read('/one')));
    const missing = await files.stat('/none').catch(({ code }) => code);
    files.close();
    image?.close();
    const { type } = files.info;
    return {
      isIsolated: crossOriginIsolated,
      type,
      names: names.length,
      first: names.sort()[0],
      digest: Array.from(digest),
      missing,
    };
  } catch (error) {
    return { failure: `${error.name}: ${error.message}` };
  }
}

globalThis.result = readFiles();
