// Work that Ctrl-C and the like end in good order: what is half done is put away first.

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The reason of the abort. Nobody is told: whoever sent the signal knows. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/**
 * Does work whose signal is aborted by SIGINT, SIGTERM or SIGHUP. When it has put away what it had begun, the process ends by the same
 * signal, as shells expect: they see 130 after SIGINT, and stop a script. A second signal ends the process at once.
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let came: NodeJS.Signals | undefined;
  const forget = () => {
    for (const name of signals) process.off(name, processOnSignal);
  };
  const processOnSignal = (name: NodeJS.Signals) => {
    came = name;
    forget();
    controller.abort(new Interrupted(`interrupted by ${name}`));
  };
  for (const name of signals) process.on(name, processOnSignal);
  try {
    return await work(controller.signal);
  } finally {
    forget();
    if (came !== undefined) process.kill(process.pid, came);
  }
}
