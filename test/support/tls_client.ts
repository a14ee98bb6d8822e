// Handles that insist on TLS, with certificates that the tests made.
import { type NBD, TLS_REQUIRE } from 'libnbd-wasm';
import { newHandle } from './handles.js';
import type { Pki } from './pki.js';

/** Makes such handles: each with the certificates of one of the folders, and what else `prepare` sets. */
export function tlsClient(keys: Pki): (folder: keyof Pki, prepare?: (nbd: NBD) => void) => Promise<NBD> {
  return async (folder, prepare = () => {}) => {
    const nbd = await newHandle();
    nbd.setTls(TLS_REQUIRE);
    nbd.setTlsCertificates(keys[folder]);
    prepare(nbd);
    return nbd;
  };
}
