// The table in src/generated/methods.ts: a line for each call whose method src/handle/calls.ts makes.
import { twin } from './exports.js';
import type { Api, Arg, Call } from './schema.js';

/**
 * How a call becomes a method, its name without `nbd_`, the kind of its result, and its parameters:
 *
 *     call set_debug check bool:debug
 *     command trim none uint64:count uint64:offset flags
 *
 * The words are what src/handle/calls.ts goes by.
 */
export function tableLine(api: Api, call: Call): string {
  const async = twin(api, call);
  const unknown = call.optargs.find(({ kind, name }) => name !== (kind === 'OFlags' ? 'flags' : 'completion'));
  if (unknown !== undefined) throw new Error(`optional argument ${unknown.name} is not known: ${teach}`);
  const flags = call.optargs.filter(({ kind }) => kind === 'OFlags').map(() => 'flags');
  const [how, result] = async === undefined ? atOnce(call) : waiting(call, async);
  return [how, call.name, result, ...call.args.map(parameter), ...flags].join(' ');
}

const teach = 'teach generator/table.ts and src/handle/calls.ts';

function atOnce(call: Call): [how: string, result: string] {
  if (call.asyncKind?.kind !== 'WithCompletionCallback') return [call.isLocked ? 'call' : 'unlocked', resultKind(call)];
  return ['issue', { Cookie: 'bigint', Int: 'number' }[call.ret.kind] ?? 'none'];
}

function waiting(call: Call, { name, ret, asyncKind }: Call): [how: string, result: string] {
  if (asyncKind === null) throw new Error(`${name} has no async_kind: how its end is known is not known`);
  if (asyncKind.kind === 'WithCompletionCallback') {
    return ret.kind === 'Cookie' ? ['command', 'none'] : ['option', optionResult(call)];
  }
  if (asyncKind.call !== 'aio_is_connecting' || asyncKind.value) throw new Error(`${name} waits for ${asyncKind.call}: ${teach}`);
  return [call.name.startsWith('connect') ? 'connect' : 'change', 'none'];
}

/** The method of Handle that makes the method's result of the C function's. */
function resultKind(call: Call): string {
  switch (call.ret.kind) {
    case 'Err':
      return 'check';
    case 'Bool':
      return call.maySetError ? 'boolean' : 'flag';
    case 'Fd':
    case 'Int':
    case 'SizeT':
      return 'number';
    case 'Int64':
    case 'Cookie':
      return 'bigint';
    case 'UInt64':
      return 'uint64';
    case 'UInt':
    case 'UIntPtr':
    case 'Flags':
      return 'uint32';
    case 'Enum':
      return 'enum';
    case 'String':
      return 'ownString';
    case 'StaticString':
      return 'staticString';
    default:
      throw new Error(`${call.name} returns a ${call.ret.kind}, which is not known: ${teach}`);
  }
}

/** An OptionResult of src/handle/waiting.ts. */
function optionResult(call: Call): string {
  if (call.ret.kind === 'Err') return 'none';
  if (call.ret.kind === 'Bool') return 'boolean';
  if (call.ret.kind === 'Int') return call.name.includes('meta_context') ? 'contexts' : 'exports';
  throw new Error(`${call.name} waits for an option and returns a ${call.ret.kind}, which is not known: ${teach}`);
}

function parameter(arg: Arg): string {
  if (arg.kind === 'Closure' && arg.closure !== arg.name)
    throw new Error(`the closure ${arg.name} is a ${arg.closure}: ${teach}`);
  return `${parameterKind(arg)}:${arg.name}`;
}

/** The method of Arguments (src/handle/arguments.ts) that checks and converts it, or `closure`. */
export function parameterKind({ kind, name }: Arg): string {
  switch (kind) {
    case 'Bool':
      return 'bool';
    case 'Closure':
      return 'closure';
    case 'Enum':
    case 'Fd':
    case 'Int':
      return 'int';
    case 'Flags':
    case 'SizeT':
    case 'UInt':
    case 'UInt32':
    case 'UIntPtr':
      return 'uint32';
    case 'Int64':
      return 'int64';
    case 'UInt64':
      return 'uint64';
    case 'Path':
    case 'String':
      return 'string';
    case 'StringList':
      return 'stringList';
    case 'SockAddrAndLen':
      return 'blob';
    default:
      throw new Error(`argument ${name} is of kind ${kind}, which is not known: ${teach}`);
  }
}
