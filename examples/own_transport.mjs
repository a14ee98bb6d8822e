// Connects over a transport of one's own: bytes that go through a child process, here socat or anything else that passes them on.
// node examples/own_transport.mjs COMMAND ARGUMENT…, such as: node examples/own_transport.mjs ssh host nc localhost 10809
import { spawn } from 'node:child_process';
import { NBD } from 'libnbd-wasm';

/** The interface `Transport`: what the library needs of a socket. */
class ChildTransport {
  constructor([program, ...args]) {
    this.child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  }
  open(events) {
    this.child.stdout.on('data', (bytes) => events.data(bytes));
    this.child.stdout.on('end', () => events.end());
    this.child.stdin.on('error', (error) => events.error(error));
    this.child.on('error', (error) => events.error(error));
  }
  write(chunks, written) {
    for (const chunk of chunks.slice(0, -1)) this.child.stdin.write(chunk);
    this.child.stdin.write(chunks.at(-1), written); // a late call is back-pressure
  }
  pause() {
    this.child.stdout.pause();
  }
  resume() {
    this.child.stdout.resume();
  }
  close() {
    this.child.kill();
  }
}

const nbd = await NBD.create();
await nbd.connectSocket(new ChildTransport(process.argv.slice(2)));
console.log(`${nbd.getSize()} bytes, which begin with ${Buffer.from(await nbd.pread(16, 0)).toString('hex')}`);
await nbd.shutdown();
nbd.close();
