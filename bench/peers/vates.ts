// @vates/nbd-client, measured. It reads, over TCP, and allocates what it returns.
import NbdClient from '@vates/nbd-client';
import { hostAndPort, jobFromArguments, measure } from '../in_flight.js';

const job = jobFromArguments();
if (job.transport !== 'tcp' || job.operation !== 'read') throw new Error('@vates/nbd-client only reads, and only over TCP');
const { host, port } = hostAndPort(job.address);
const client = new NbdClient({ address: host, port, exportname: '' });
await client.connect();
const read = (_slot: number, offset: number) => client.readBlock(offset / job.size, job.size);
console.log(JSON.stringify(await measure(job, Number(client.exportSize), read)));
await client.disconnect();
