// Standard output and standard error, whose readers may be slow, and may leave.
import { escapeControls } from '../../text/escape.js';
import { programName } from '../called.js';

/** Nobody reads the output any more, as after `| head -1`: nothing is wrong, and there is nothing left to do. */
export class ReaderGone extends Error {
  override readonly name = 'ReaderGone';
}

/** Resolves when the text was passed on, so that a slow reader slows whoever waits for it; until then its bytes must stay as they are. */
export function print(text: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error: NodeJS.ErrnoException | null | undefined) => {
      if (!error) resolve();
      else reject(error.code === 'EPIPE' ? new ReaderGone(error.message) : error);
    });
  });
}

/** A line on standard error, whoever wrote what is in it. */
export function complain(text: string): void {
  process.stderr.write(`${programName}: ${escapeControls(text)}\n`);
}

/** A line below, on what to do about it. */
export function advise(text: string): void {
  process.stderr.write(`${escapeControls(text)}\n`);
}

// Without these an error ends the process, as an exception that nobody caught.
process.stdout.on('error', () => {}); // whoever prints learns of it
process.stderr.on('error', () => {}); // there is nobody left to tell
