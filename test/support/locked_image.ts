// A qcow2 that is encrypted.
import { run } from './processes.js';

const mostAttempts = 50;

/** Makes one of 1 MiB. */
export async function lockedImage(path: string): Promise<void> {
  const secret = ['--object', 'secret,id=s,data=secret'];
  const options = 'encrypt.format=luks,encrypt.key-secret=s,encrypt.iter-time=10';
  for (let attempt = 1; ; attempt++) {
    try {
      await run('qemu-img', 'create', '-q', ...secret, '-f', 'qcow2', '-o', options, path, '1M');
      return;
    } catch (error) {
      // It measures how fast the processor is, and fails where that is busy.
      if (attempt === mostAttempts || !(error as Error).message.includes('accurate CPU usage')) throw error;
    }
  }
}
