// poll and poll2: the next thing that happens on a handle, or on another socket.
import { Settler } from '../base/settler.js';
import type { Caller } from './waiting.js';

/** Resolves with 1 when something has happened on the handle, or to `fd`; with 0 after `timeout` milliseconds. */
export function nextEvent(caller: Caller, call: string, fd: number, timeout: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const settler = new Settler<number>(resolve, reject);
    const { connection, arg } = caller;
    arg.call = call;
    connection.assertCallable(call);
    const milliseconds = arg.int('timeout', timeout);
    const extra = connection.instance.descriptors.get(arg.int('fd', fd));
    connection.startToWait(call, connection.exports.nbd_poll2(connection.pointer, fd, milliseconds));
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stopListening = extra?.listen(() => {
      connection.stopWaiting(waiter);
      waiter.check();
    });
    const stop = () => {
      stopListening?.();
      clearTimeout(timer);
    };
    const waiter = {
      call,
      handle: caller,
      check: () => {
        stop();
        const death = connection.death(call);
        if (death === undefined) settler.resolve(1);
        else settler.fail(() => death);
        return true;
      },
      settler: {
        fail: (make: () => unknown) => {
          stop();
          settler.fail(make);
        },
      },
    };
    if (milliseconds >= 0) {
      timer = setTimeout(() => {
        connection.stopWaiting(waiter);
        stop();
        settler.resolve(0);
      }, milliseconds);
    }
    if (extra?.readable) waiter.check();
    else connection.waitForEvent(waiter);
  });
}
