// The methods of all calls that carry neither payload nor a socket, one for each line of a table that generator/table.ts writes. A page loads
// them all, and uses few: a line is a quarter of what a body would be. What every read and write goes through has a body.
import type { WaitOptions } from '../base/abort.js';
import type { Callback } from '../base/callback.js';
import type { ClosureType } from '../libnbd/exports.js';
import type { Command } from './command.js';
import type { Handle } from './handle.js';
import { commandReply, connected, type OptionResult, optionReply, stateChange } from './waiting.js';

type Values = readonly unknown[];
type Options = WaitOptions & { flags?: number; completion?: Callback };

/** Gives a class of handles the methods of a table. */
export function addCalls(prototype: Handle, table: string): void {
  for (const line of table.trim().split('\n')) {
    const [how = '', ...words] = line.split(' ');
    const call = new Call(words);
    const make = makers[how as keyof typeof makers];
    const name = words[0]?.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()) ?? '';
    const value = function (this: Handle, ...values: Values) {
      return make(this, call, values);
    };
    // As a method with a body has them: the name for the stacks of errors, the length for whoever wraps a method.
    Object.defineProperties(value, { name: { value: name }, length: { value: call.length } });
    Object.defineProperty(prototype, name, { value, configurable: true, writable: true });
  }
}

/** How a call becomes a method: the first word of a line. */
const makers = {
  /** It returns at once. */
  call(handle: Handle, call: Call, values: Values): unknown {
    handle.begin(call.name);
    return atOnce(handle, call, values);
  },
  /** So does this one, without libnbd's lock on the handle. */
  unlocked(handle: Handle, call: Call, values: Values): unknown {
    handle.beginUnlocked(call.name);
    return atOnce(handle, call, values);
  },
  /** It issues a command, and returns at once. */
  issue(handle: Handle, call: Call, values: Values): unknown {
    handle.begin(call.name);
    try {
      const cookie = handle.issue((command) => call.native(handle, values, command));
      return call.result === 'number' ? Number(cookie) : call.result === 'bigint' ? cookie : undefined;
    } finally {
      handle.arg.free();
    }
  },
  /** It waits for the reply to a command. */
  command(handle: Handle, call: Call, values: Values): unknown {
    const [count, offset] = call.hasRange ? (values as (number | bigint)[]) : [];
    const issue = (command: Command) => call.twin<bigint>(handle, values, command);
    return commandReply(handle, call.name, call.options(values), issue, undefined, count, offset);
  },
  /** It waits for the reply to an option. */
  option(handle: Handle, call: Call, values: Values): unknown {
    const issue = (command: Command) => call.twin<number>(handle, values, command);
    return optionReply(handle, call.name, call.options(values), call.result as OptionResult, issue);
  },
  /** It waits until the handle is connected. */
  connect(handle: Handle, call: Call, values: Values): unknown {
    return connected(...stateOf(handle, call, values));
  },
  /** It waits until the handle is not connecting any more, in whatever state it is then. */
  change(handle: Handle, call: Call, values: Values): unknown {
    return stateChange(...stateOf(handle, call, values));
  },
};

/** Who makes a call that changes the handle's state, how, and how to tell that it has. */
function stateOf(handle: Handle, call: Call, values: Values): Parameters<typeof stateChange> {
  const start = () => handle.check(call.twin(handle, values));
  const isReached = () => handle.exports.nbd_aio_is_connecting(handle.pointer) === 0;
  return [handle, call.name, call.options(values), start, isReached];
}

function atOnce(handle: Handle, call: Call, values: Values): unknown {
  try {
    return handle[call.result as 'number'](call.native(handle, values));
  } finally {
    handle.arg.free();
  }
}

/** What a line says of a call. */
class Call {
  /** libnbd's name. */
  readonly name: string;
  readonly result: string;
  /** Whether it is about a range of the disk: a count and an offset come first. */
  readonly hasRange: boolean;
  /** The kind and the name of each parameter. */
  readonly #parameters: readonly (readonly string[])[];
  readonly #takesFlags: boolean;

  constructor([name = '', result = '', ...parameters]: readonly string[]) {
    this.name = `nbd_${name}`;
    this.result = result;
    this.#takesFlags = parameters.at(-1) === 'flags';
    if (this.#takesFlags) parameters.pop();
    this.#parameters = parameters.map((parameter) => parameter.split(':'));
    this.hasRange = parameters[1] === 'uint64:offset';
  }

  /** How many parameters stand before the options. */
  get length(): number {
    return this.#parameters.length;
  }

  /** What comes after the parameters. */
  options(values: Values): Options {
    const options = values[this.length];
    return options === undefined ? {} : (options as Options);
  }

  /** Calls the C function, with all arguments checked and converted. */
  native<T extends number | bigint>(handle: Handle, values: Values, command?: Command, name = this.name): T {
    const { arg } = handle;
    const natives: unknown[] = [handle.pointer];
    this.#parameters.forEach(([kind = '', label = ''], i) => {
      const value = values[i];
      if (kind === 'blob') natives.push(arg.blob(label, value as ArrayBufferView), (value as ArrayBufferView).byteLength);
      else if (kind !== 'closure') natives.push(arg[kind as 'string'](label, value as string));
      else if (command === undefined) natives.push(arg.ownClosure(label as ClosureType, value as Callback, handle.connection));
      else natives.push(command.closure(label as ClosureType, arg.required(label, value as Callback)));
    });
    const options = this.options(values);
    // Somebody who waits for a command gives no completion.
    if (command !== undefined) natives.push(command.completion(command.waiter ? undefined : arg.completion(options)));
    if (this.#takesFlags) natives.push(arg.flags(options));
    // The table and the types of the C functions are made of the same description.
    return (handle.exports[name as 'nbd_get_debug'] as unknown as (...natives: unknown[]) => T)(...natives);
  }

  /** The same for its aio twin, of which a call that waits is made. */
  twin<T extends number | bigint>(handle: Handle, values: Values, command?: Command): T {
    return this.native(handle, values, command, this.name.replace('nbd_', 'nbd_aio_'));
  }
}
