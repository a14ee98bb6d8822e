// Connects with TLS, verifies the server, and says what was agreed: node examples/tls.mjs HOST PORT FOLDER
// FOLDER has ca-cert.pem, and client-cert.pem and client-key.pem where the server asks for a certificate.
import { NBD, NBDError, TLS_REQUIRE } from 'libnbd-wasm';

const [host = 'localhost', port = '10809', folder] = process.argv.slice(2);

const nbd = await NBD.create();
nbd.setTls(TLS_REQUIRE); // never without: TLS_ALLOW would go on in plain with a server that has none
if (folder !== undefined) nbd.setTlsCertificates(folder); // else those of the system

try {
  await nbd.connectTcp(host, port);
  console.log(`TLS: ${nbd.getTlsNegotiated()}, the server was verified as ${host}: ${nbd.getTlsVerifyPeer()}`);
  console.log(`${nbd.getSize()} bytes at ${nbd.getUri()}`);
  await nbd.shutdown();
} catch (error) {
  if (!(error instanceof NBDError)) throw error;
  console.error(`${error.code}: ${error.message}`);
  process.exitCode = 1;
} finally {
  nbd.close();
}
