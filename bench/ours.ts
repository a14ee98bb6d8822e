// libnbd-wasm, measured, as a program of a user's would use it. Each slot has a buffer of its own, as in peers/native.c.
import { NBD, openConnection, TLS_REQUIRE } from 'libnbd-wasm';
import { hostAndPort, jobFromArguments, measure } from './in_flight.js';
import { measureTransfers } from './transfers.js';

const job = jobFromArguments();

async function connected(): Promise<NBD> {
  const nbd = await NBD.create();
  if (job.transport === 'tls') {
    nbd.setTls(TLS_REQUIRE);
    nbd.setTlsCertificates(job.address);
    await nbd.connectUnix(`${job.address}/socket`);
  } else {
    await nbd.connectSocket(openConnection(job.transport === 'unix' ? { path: job.address } : hostAndPort(job.address)));
  }
  return nbd;
}

async function disconnect(nbd: NBD): Promise<void> {
  await nbd.shutdown();
  nbd.close();
}

if (job.operation === 'connect') {
  console.log(JSON.stringify(await measure(job, 1, async () => disconnect(await connected()))));
} else {
  const nbd = await connected();
  console.log(JSON.stringify(await measureTransfers(job, nbd)));
  await disconnect(nbd);
}
