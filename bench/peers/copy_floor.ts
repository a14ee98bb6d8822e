// The floor of a copy in Node: a socket, a file and NBD by hand, with nothing checked, as a program would be that can do this alone. It has one
// connection, the best of them for one thread. copy_floor SOURCE DESTINATION: one is a file, the other HOST:PORT or the path of a socket.
import { closeSync, fdatasyncSync, fstatSync, ftruncateSync, openSync, read, write } from 'node:fs';
import { connect } from 'node:net';

const [source = '', destination = ''] = process.argv.slice(2);
const isRead = source.startsWith('nbd:'); // nbd:ADDRESS
const address = (isRead ? source : destination).slice('nbd:'.length);
const file = isRead ? destination : source;
const [size, most] = [2 ** 22, 4]; // bytes of a request, and how many are in flight: those of copy()
const [greeting, answer, reply] = [18, 10, 16]; // bytes
const [write_, flush, zero] = [1, 3, 6];

interface Request {
  readonly at: number;
  readonly buffer: Buffer;
  readonly done: () => void;
}

const start = performance.now();
const fd = openSync(file, isRead ? 'w+' : 'r');
const running = new Map<number, Request>();
const header = Buffer.alloc(greeting);
let [filled, phase, handle, payload]: [number, number, number, number] = [0, 0, 0, 0];
let current: Request | undefined;
let opened: (size: number) => void = () => {};

/** What came: the greeting, the answer to the export's name, then replies. */
function received(bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) {
    if (current !== undefined) {
      const count = Math.min(current.buffer.length - payload, bytes.length - at);
      current.buffer.set(bytes.subarray(at, at + count), payload);
      payload += count;
      at += count;
      if (payload === current.buffer.length) {
        const { done } = current;
        current = undefined;
        done();
      }
      continue;
    }
    const wanted = [greeting, answer][phase] ?? reply;
    const count = Math.min(wanted - filled, bytes.length - at);
    header.set(bytes.subarray(at, at + count), filled);
    filled += count;
    at += count;
    if (filled === wanted) headerRead();
  }
}

function headerRead(): void {
  filled = 0;
  if (phase === 0) {
    const name = Buffer.alloc(20); // no zeroes at the end, the option for an export's name, and an empty one
    name.writeUInt32BE(3);
    name.write('IHAVEOPT', 4);
    name.writeUInt32BE(1, 12);
    socket.write(name);
  } else if (phase === 1) opened(Number(header.readBigUInt64BE()));
  else {
    const id = header.readUInt32BE(12);
    const request = running.get(id);
    running.delete(id);
    payload = 0;
    if (isRead) current = request;
    else request?.done();
  }
  phase++;
}

const buffer = Buffer.alloc(2 ** 19);
const callback = (count: number) => {
  received(buffer.subarray(0, count));
  return true;
};
const [, host = '', port] = /^(.*):(\d+)$/.exec(address) ?? [];
const onread = { buffer, callback };
const socket = connect(port === undefined ? { path: address, onread } : { host, port: Number(port), onread });

function send(command: number, request: Request): void {
  const bytes = Buffer.alloc(28);
  bytes.writeUInt32BE(0x25609513);
  bytes.writeUInt32BE(command, 4);
  bytes.writeUInt32BE(handle, 12);
  bytes.writeBigUInt64BE(BigInt(request.at), 16);
  bytes.writeUInt32BE(request.buffer.length, 24);
  running.set(handle++, request);
  socket.cork();
  socket.write(bytes);
  if (command === write_) socket.write(request.buffer);
  socket.uncork();
}

const disk = await new Promise<number>((resolve) => {
  opened = resolve;
});
if (isRead) ftruncateSync(fd, disk);
const total = isRead ? disk : fstatSync(fd).size;
const isZero = (bytes: Buffer) => bytes[0] === 0 && bytes.compare(bytes, 1, bytes.length, 0, bytes.length - 1) === 0;
let next = 0;

/** Moves one request's bytes after another's. */
async function move(): Promise<void> {
  const whole = Buffer.alloc(size);
  while (next < total) {
    const at = next;
    next += size;
    const bytes = whole.subarray(0, Math.min(size, total - at));
    await new Promise<void>((resolve) => {
      if (isRead) send(0, { at, buffer: bytes, done: () => write(fd, bytes, 0, bytes.length, at, () => resolve()) });
      else read(fd, bytes, 0, bytes.length, at, () => send(isZero(bytes) ? zero : write_, { at, buffer: bytes, done: resolve }));
    });
  }
}

await Promise.all(Array.from({ length: most }, move));
if (isRead) fdatasyncSync(fd);
else await new Promise<void>((resolve) => send(flush, { at: 0, buffer: buffer.subarray(0, 0), done: resolve }));
socket.destroy();
closeSync(fd);
console.log(JSON.stringify({ seconds: (performance.now() - start) / 1000 }));
