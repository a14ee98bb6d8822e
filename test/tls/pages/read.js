// Reads 4 MiB of nbdkit's pattern over TLS, 16 requests at a time, in the page or in a worker, and tells what came of it.
import { connectThrough, load } from '/dist/browser.js';
import { loadInWorker } from '/dist/worker_client.js';

const tlsRequire = 2;
let records = 0; // that WebCrypto has decrypted here
const { subtle } = globalThis.crypto;
if (subtle !== undefined) {
  const decrypt = subtle.decrypt.bind(subtle);
  subtle.decrypt = (...args) => {
    records++;
    return decrypt(...args);
  };
}

async function connected({ url, how, credentials, name }) {
  const options = how === 'uri' ? { connect: connectThrough(url) } : {};
  const nbd = how === 'worker' ? await (await loadInWorker()).create() : (await load(options)).create();
  await nbd.setTlsCredentials(credentials);
  if (name !== undefined) await nbd.setTlsHostname(name);
  if (how === 'uri') await nbd.connectUri('nbds://disk');
  else {
    await nbd.setTls(tlsRequire);
    await nbd.connectWebSocket(url);
  }
  return nbd;
}

function isPattern({ buffer, byteOffset, byteLength }, offset) {
  const view = new DataView(buffer, byteOffset);
  for (let at = 0; at < byteLength; at += 8) if (view.getBigUint64(at) !== BigInt(offset + at)) return false;
  return true;
}

globalThis.read = async (job) => {
  const told = () => ({ records, isSecureContext: globalThis.isSecureContext });
  try {
    const nbd = await connected(job);
    const size = 2 ** 18;
    const parts = await Promise.all(Array.from({ length: 16 }, (_, i) => nbd.pread(size, i * size)));
    const isSecure = await nbd.getTlsNegotiated();
    await nbd.shutdown();
    await nbd.close();
    return { isRight: isSecure && parts.every((part, i) => isPattern(part, i * size)), ...told() };
  } catch (error) {
    return { failure: String(error), ...told() };
  }
};
