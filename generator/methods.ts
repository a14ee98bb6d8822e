// src/generated/methods.ts: a method for each call.
import { documentation } from './documentation.js';
import { twin } from './exports.js';
import { callbackType, camelCase, pascalCase } from './names.js';
import type { Api, Arg, Call, Form, OptArg } from './schema.js';

/** Calls that wait and have no aio twin, or whose result a callback's exception changes: src/handle/ has their bodies. */
const byHand: Record<string, string> = {
  aio_command_completed: "this.begin('nbd_aio_command_completed');\nreturn this.hasCompleted(cookie);",
  poll: "return nextEvent(this, 'nbd_poll', -1, timeout);",
  poll2: "return nextEvent(this, 'nbd_poll2', fd, timeout);",
  shutdown: "return shutDown(this, 'nbd_shutdown', options);",
};

const waits = new Set(['poll', 'poll2', 'shutdown']);

export function methods(api: Api): string {
  const body = api.calls.flatMap((call) => methodsOf(api, call)).join('\n\n');
  const linked = new Set([...body.matchAll(/\{@link ([A-Z][A-Z0-9_]+)\}/g)].map(([, name]) => name));
  const types = new Set([...body.matchAll(/\b([A-Z]\w*Callback)\b/g)].map(([, type]) => type));
  const values = [...api.enums, ...api.flags].map(({ prefix }) => pascalCase(prefix));
  const used = values.filter((type) => new RegExp(`\\b${type}\\b`).test(body));
  return `import type { WaitOptions } from '../base/abort.js';
import { Handle } from '../handle/handle.js';
import { nextEvent } from '../handle/polling.js';
import { commandReply, connected, optionReply, shutDown, stateChange } from '../handle/waiting.js';
import type { SocketLike } from '../transports/socket_like.js';
import type { ${[...types].sort().join(', ')} } from './callbacks.js';
import type { ${[...used, ...linked].sort().join(', ')} } from './constants.js';
import type { Transport } from '../transports/transport.js';

const noOptions = {};

/** libnbd's calls, each a method. */
export abstract class Methods extends Handle {
${body}
}

// What comments link to: the compiler leaves imports out of the declarations that only comments use, and links would lead nowhere.
export type NBD = Methods;
export type Linked = Transport | ${[...linked].map((name) => `typeof ${name}`).join(' | ')};
`;
}

function methodsOf(api: Api, call: Call): string[] {
  const async = twin(api, call);
  if (async === undefined) return [method(api, call, 'plain')];
  const forms = [method(api, call, 'blocking', async)];
  if (call.args.some(({ kind }) => kind === 'BytesOut')) forms.push(method(api, call, 'into', async));
  return forms;
}

function method(api: Api, call: Call, form: Form, async?: Call): string {
  const name = camelCase(call.name) + (form === 'into' ? 'Into' : '');
  const isWaiting = async !== undefined || waits.has(call.name);
  const parameters = call.args.map((arg) => parameter(arg, form));
  const options = optionsType(call, isWaiting);
  if (options !== undefined) parameters.push(`options: ${options} = noOptions`);
  const result = resultType(call, form);
  const returned = isWaiting ? `Promise<${result}>` : result;
  const body = byHand[call.name] ?? (async === undefined ? plainBody(call) : waitingBody(call, async, form));
  return `${documentation(api, call, form, { isWaiting, hasOptions: options !== undefined })}
  ${name}(${parameters.join(', ')}): ${returned} {
${indent(body)}
  }`;
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '    ');
}

// --- types ---

function parameter(arg: Arg, form: Form): string {
  if (arg.kind === 'BytesOut' && form !== 'into') return 'count: number';
  return `${camelCase(arg.name)}: ${argumentType(arg)}`;
}

function argumentType({ kind, name, type = '', closure = '' }: Arg): string {
  switch (kind) {
    case 'Bool':
      return 'boolean';
    case 'BytesIn':
    case 'BytesOut':
    case 'BytesPersistIn':
    case 'BytesPersistOut':
    case 'SockAddrAndLen':
      return 'ArrayBufferView';
    case 'Closure':
      return callbackType(closure);
    case 'Enum':
    case 'Flags':
      return pascalCase(type);
    case 'Fd':
      return name === 'sock' ? 'number | SocketLike' : 'number';
    case 'Int':
    case 'SizeT':
    case 'UInt':
    case 'UInt32':
    case 'UIntPtr':
      return 'number';
    case 'Int64':
    case 'UInt64':
      return 'number | bigint';
    case 'Path':
    case 'String':
      return 'string';
    case 'StringList':
      return 'readonly string[]';
    default:
      throw new Error(`argument ${name} is of kind ${kind}, which is not known: teach generator/methods.ts`);
  }
}

function optionsType(call: Call, isWaiting: boolean): string | undefined {
  const fields = call.optargs.map((arg) =>
    arg.kind === 'OFlags'
      ? `${arg.name}?: ${pascalCase(arg.type ?? '')} | undefined`
      : `${arg.name}?: ${callbackType(arg.closure ?? '')} | undefined`,
  );
  const own = fields.length === 0 ? undefined : `{ ${fields.join('; ')} }`;
  if (!isWaiting || call.name.startsWith('poll')) return own;
  return own === undefined ? 'WaitOptions' : `WaitOptions & ${own}`;
}

function resultType(call: Call, form: Form): string {
  const { kind, type = '' } = call.ret;
  if (form === 'blocking' && call.args.some((arg) => arg.kind === 'BytesOut')) return 'Uint8Array<ArrayBuffer>';
  switch (kind) {
    case 'Bool':
      return 'boolean';
    case 'Err':
      return 'void';
    case 'StaticString':
    case 'String':
      return 'string';
    case 'Cookie':
    case 'Int64':
    case 'UInt64':
      return 'bigint';
    case 'Fd':
    case 'Int':
    case 'SizeT':
    case 'UInt':
    case 'UIntPtr':
      return 'number';
    case 'Enum':
    case 'Flags':
      return pascalCase(type);
    default:
      throw new Error(`${call.name} returns a ${kind}, which is not known: teach generator/methods.ts`);
  }
}

// --- bodies ---

/** What the C function takes for an argument. `owner` prepares buffers and closures: a command, or nothing. */
function value(arg: Arg, owner: string | undefined): string[] {
  const name = camelCase(arg.name);
  const label = `'${arg.name}'`;
  switch (arg.kind) {
    case 'Bool':
      return [`this.arg.bool(${label}, ${name})`];
    case 'BytesPersistIn':
    case 'BytesPersistOut':
      return [`${owner}.map(bytes)`, 'bytes.length'];
    case 'SockAddrAndLen':
      return [`this.arg.blob(${label}, ${name})`, `${name}.byteLength`];
    case 'Closure':
      return owner === undefined
        ? [`this.arg.ownClosure('${arg.closure}', ${name}, this.connection)`]
        : [`${owner}.closure('${arg.closure}', this.arg.required(${label}, ${name}))`];
    case 'Fd':
    case 'Int':
      return [`this.arg.int(${label}, ${name})`];
    case 'Enum':
      return [`this.arg.int(${label}, ${name})`];
    case 'Flags':
    case 'SizeT':
    case 'UInt':
    case 'UInt32':
    case 'UIntPtr':
      return [`this.arg.uint32(${label}, ${name})`];
    case 'Int64':
      return [`this.arg.int64(${label}, ${name})`];
    case 'UInt64':
      return [`this.arg.uint64(${label}, ${name})`];
    case 'Path':
    case 'String':
      return [`this.arg.string(${label}, ${name})`];
    case 'StringList':
      return [`this.arg.stringList(${label}, ${name})`];
    default:
      throw new Error(`argument ${arg.name} is of kind ${arg.kind}, which is not known: teach generator/methods.ts`);
  }
}

function optionValue(arg: OptArg): string {
  if (arg.kind === 'OFlags' && arg.name === 'flags') return 'this.arg.flags(options)';
  if (arg.name !== 'completion') throw new Error(`optional argument ${arg.name} is not known: teach generator/methods.ts`);
  return 'command.completion(this.arg.completion(options))';
}

const isTemporary = ({ kind }: Arg) => ['Path', 'SockAddrAndLen', 'String', 'StringList'].includes(kind);
const isPersistent = ({ kind }: Arg) => kind === 'BytesPersistIn' || kind === 'BytesPersistOut';

function enterCall(call: Call): string {
  return `this.${call.isLocked ? 'begin' : 'beginUnlocked'}('nbd_${call.name}');`;
}

// A call that returns at once, `aio*` calls included.
function plainBody(call: Call): string {
  const socket = call.args.find(({ kind, name }) => kind === 'Fd' && name === 'sock');
  if (socket !== undefined) {
    return `${enterCall(call)}\nthis.giveSocket('sock', sock, (fd) => this.exports.nbd_${call.name}(this.pointer, fd));\nthis.connection.kick();`;
  }
  const isCommand = call.asyncKind?.kind === 'WithCompletionCallback';
  const owner = isCommand ? 'command' : undefined;
  const values = [...call.args.flatMap((arg) => value(arg, owner)), ...call.optargs.map(optionValue)];
  const native = `this.exports.nbd_${call.name}(${['this.pointer', ...values].join(', ')})`;
  const bytes = call.args
    .filter(isPersistent)
    .map(({ name }) => `const bytes = this.arg.bytes('${name}', ${camelCase(name)});\n`);
  const issued = `this.issue((command) => ${native})`;
  const returned = { Cookie: `return ${issued};`, Int: `return Number(${issued});` }[call.ret.kind] ?? `${issued};`;
  const statement = isCommand ? `${bytes.join('')}${returned}` : converted(call, native);
  if (!call.args.some(isTemporary)) return `${enterCall(call)}\n${statement}`;
  return `${enterCall(call)}\ntry {\n${statement.replace(/^/gm, '  ')}\n} finally {\n  this.arg.free();\n}`;
}

function converted(call: Call, native: string): string {
  switch (call.ret.kind) {
    case 'Err':
      return `this.check(${native});`;
    case 'Bool':
      return `return ${call.maySetError ? `this.boolean(${native})` : `${native} !== 0`};`;
    case 'Fd':
    case 'Int':
    case 'SizeT':
      return `return this.number(${native});`;
    case 'Int64':
    case 'Cookie':
      return `return this.bigint(${native});`;
    case 'UInt64':
      return `return BigInt.asUintN(64, ${native});`;
    case 'UInt':
    case 'UIntPtr':
    case 'Flags':
      return `return ${native} >>> 0;`;
    case 'Enum':
      return `return ${native};`;
    case 'String':
      return `return this.ownString(${native});`;
    case 'StaticString':
      return `return this.staticString(${native});`;
    default:
      throw new Error(`${call.name} returns a ${call.ret.kind}, which is not known: teach generator/methods.ts`);
  }
}

// A blocking call over its aio twin.
function waitingBody(call: Call, async: Call, form: Form): string {
  if (async.asyncKind === null) throw new Error(`aio_${call.name} has no async_kind: how its end is known is not known`);
  if (async.asyncKind.kind === 'ChangesState') return changeBody(call, async, async.asyncKind.call, async.asyncKind.value);
  const buffer = call.args.find(({ kind }) => kind === 'BytesOut' || kind === 'BytesIn');
  const values = call.args.flatMap((arg) => (arg === buffer ? bufferValues(arg, form) : value(arg, 'command')));
  const flags = call.optargs.map(optionValue);
  const native = `this.exports.nbd_${async.name}(${['this.pointer', ...values, 'command.completion()', ...flags].join(', ')})`;
  if (async.ret.kind !== 'Cookie')
    return `return optionReply(this, 'nbd_${call.name}', options, '${optionResult(call)}', (command) => ${native});`;
  const range = rangeOf(call, form);
  const noResult = range === '' ? '' : ', undefined';
  if (buffer === undefined) {
    return `return commandReply(this, 'nbd_${call.name}', options, (command) => ${native}${noResult}${range});`;
  }
  const name = camelCase(buffer.name);
  if (buffer.kind === 'BytesIn' || form === 'into') {
    return `return commandReply(this, 'nbd_${call.name}', options, (command) => {
  const bytes = this.arg.bytes('${buffer.name}', ${name});
  return ${native};
}${noResult}${range});`;
  }
  return `let bytes: Uint8Array<ArrayBuffer>;
return commandReply(
  this,
  'nbd_${call.name}',
  options,
  (command) => {
    bytes = this.arg.newBytes('count', count);
    return ${native};
  },
  () => bytes${range},
);`;
}

/** What range of the disk a command is about, for its error. */
function rangeOf(call: Call, form: Form): string {
  if (!call.args.some(({ name }) => name === 'offset')) return '';
  const buffer = call.args.find(({ kind }) => kind === 'BytesOut' || kind === 'BytesIn');
  const isNew = buffer?.kind === 'BytesOut' && form === 'blocking';
  return `, ${buffer === undefined || isNew ? 'count' : camelCase(buffer.name)}, offset`;
}

function bufferValues(arg: Arg, form: Form): string[] {
  const isNew = arg.kind === 'BytesOut' && form === 'blocking';
  return isNew ? ['command.mapZeroed(bytes)', 'count'] : ['command.map(bytes)', 'bytes.length'];
}

function optionResult(call: Call): string {
  if (call.ret.kind === 'Err') return 'none';
  if (call.ret.kind === 'Bool') return 'boolean';
  if (call.ret.kind === 'Int') return call.name.includes('meta_context') ? 'context count' : 'list count';
  throw new Error(
    `${call.name} waits for an option and returns a ${call.ret.kind}, which is not known: teach generator/methods.ts`,
  );
}

function changeBody(call: Call, async: Call, predicate: string, expected: boolean): string {
  const values = call.args.flatMap((arg) => value(arg, undefined));
  const isSocket = call.args.some(({ kind, name }) => kind === 'Fd' && name === 'sock');
  const native = isSocket
    ? `this.giveSocket('sock', sock, (fd) => this.exports.nbd_${async.name}(this.pointer, fd))`
    : `this.check(this.exports.nbd_${async.name}(${['this.pointer', ...values].join(', ')}))`;
  const reached = `() => this.exports.nbd_${predicate}(this.pointer) ${expected ? '!==' : '==='} 0`;
  const wait = call.name.startsWith('connect') ? 'connected' : 'stateChange';
  return `return ${wait}(this, 'nbd_${call.name}', options, () => ${native}, ${reached});`;
}
