// The record layer on the figures of RFC 8448, section 3: "Simple 1-RTT Handshake". Keys from secrets, and each record after the handshake.
import { expect, test } from 'vitest';
import { TrafficKey } from '../../dist/tls/traffic_key.js';
import { aes128, Direction } from './independent_records.js';
import { collected, layer } from './record_layer.js';

const hex = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'));
const clientSecret = () => hex('9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5');
const serverSecret = () => hex('a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643');
const payload = Uint8Array.from({ length: 50 }, (_, i) => i);

const serverTicket = hex(`17030300de3a6b8f90414a97d6959c3487680de5134a2b240e6cffac116e95d41d6af8f6b580dcf3d11d63c758db289a0159402
52f55713e061dc13e078891a38efbcf5753ad8ef170ad3c7353d16d9da773b9ca7f2b9fa1b6c0d4a3d03f75e09c30ba1e62972ac46f75f7b981be63439b2999ce
13064615139891d5e4c5b406f16e3fc181a77ca475840025db2f0a77f81b5ab05b94c01346755f69232c86519d86cbeeac87aac347d143f9605d64f650db4d02
3e70e952ca49fe5137121c74bc2697687e248746d6df353005f3bce18696129c8153556b3b6c6779b37bf15985684f`);
const serverData = hex(`17030300432e937e11ef4ac740e538ad36005fc4a46932fc3225d05f82aa1b36e30efaf97d90e6dffc602dcb501a59a8fcc49c4b
f2e5f0a21c0047c2abf332540dd032e167c2955d`);
const serverGoodbye = hex('1703030013b58fd67166ebf599d24720cfbe7efa7a8864a9');
const clientData = hex(`1703030043a23f7054b62c94d0affafe8228ba55cbefacea42f914aa66bcab3f2b9819a8a5b46b395bd54a9a20441e2b62974e1f
5a6292a2977014bd1e3deae63aeebb21694915e4`);
const clientGoodbye = hex('1703030013c9872760655666b74d7ff1153efd6db6d0b0e3');

test('the keys that the tests’ own half makes are those of the RFC', () => {
  const [client, server] = [new Direction(aes128, clientSecret()), new Direction(aes128, serverSecret())];
  expect([client.key.toString('hex'), client.iv.toString('hex')]).toEqual([
    '17422dda596ed5d9acd890e3c63f5051',
    '5b78923dee08579033e523d9',
  ]);
  expect([server.key.toString('hex'), server.iv.toString('hex')]).toEqual([
    '9f02283b6c9c07efc26bb9f2ac92e356',
    'cf782b88dd83549aadf1e984',
  ]);
});

test('the server’s records are read, and the client’s are the same to the byte', async () => {
  const records = await layer({ hash: 'SHA-256', keyLength: 16 }, clientSecret(), serverSecret());
  records.write([payload]);
  records.layer.receive(serverTicket);
  records.layer.receive(serverData);
  records.layer.receive(serverGoodbye);
  await records.ending;
  expect(collected(records.received)).toEqual(Buffer.from(payload));
  expect(records.end).toBe('goodbye');
  await records.finish();
  expect(collected(records.sent)).toEqual(Buffer.concat([clientData, clientGoodbye]));
});

test('a secret is wiped when its key is made', async () => {
  const secret = clientSecret();
  await TrafficKey.from(secret, { hash: 'SHA-256', keyLength: 16 });
  expect(secret).toEqual(new Uint8Array(32));
});
