// src/generated/methods.ts: a method for each call. What carries payload or a socket has a body; the rest is a line of a table each
// (table.ts), of which src/handle/calls.ts makes methods when the module is loaded. Types and documentation are the same for both.
import { documentation } from './documentation.js';
import { twin } from './exports.js';
import { callbackType, camelCase, pascalCase } from './names.js';
import type { Api, Arg, Call, Form } from './schema.js';
import { parameterKind, tableLine } from './table.js';

/** Calls that wait and have no aio twin, or whose result a callback's exception changes: src/handle/ has their bodies. */
const byHand: Record<string, string> = {
  aio_command_completed: "this.begin('nbd_aio_command_completed');\nreturn this.hasCompleted(cookie);",
  poll: "return nextEvent(this, 'nbd_poll', -1, timeout);",
  poll2: "return nextEvent(this, 'nbd_poll2', fd, timeout);",
  shutdown: "return shutDown(this, 'nbd_shutdown', options);",
};

const waits = new Set(['poll', 'poll2', 'shutdown']);

export function methods(api: Api): string {
  const withBody = api.calls.filter(hasBody).flatMap((call) => methodsOf(api, call));
  const ofTable = api.calls.filter((call) => !hasBody(call));
  const signatures = ofTable.flatMap((call) => methodsOf(api, call));
  const body = [...withBody, ...signatures].join('\n\n');
  const linked = new Set([...body.matchAll(/\{@link ([A-Z][A-Z0-9_]+)\}/g)].map(([, name]) => name));
  const types = new Set([...body.matchAll(/\b([A-Z]\w*Callback)\b/g)].map(([, type]) => type));
  const values = [...api.enums, ...api.flags].map(({ prefix }) => pascalCase(prefix));
  const used = values.filter((type) => new RegExp(`\\b${type}\\b`).test(body));
  return `import type { WaitOptions } from '../base/abort.js';
import { addCalls } from '../handle/calls.js';
import { Handle } from '../handle/handle.js';
import { nextEvent } from '../handle/polling.js';
import { commandReply, connected, shutDown } from '../handle/waiting.js';
import type { SocketLike } from '../transports/socket_like.js';
import type { ${[...types].sort().join(', ')} } from './callbacks.js';
import type { ${[...used, ...linked].sort().join(', ')} } from './constants.js';
import type { Transport } from '../transports/transport.js';

const noOptions = {};

/** libnbd's calls, each a method. */
export abstract class Methods extends Handle {
${withBody.join('\n\n')}
}

export interface Methods {
${signatures.join('\n\n')}
}

addCalls(Methods.prototype, \`
${ofTable.map((call) => tableLine(api, call)).join('\n')}
\`);

// What comments link to: the compiler leaves imports out of the declarations that only comments use, and links would lead nowhere.
export type NBD = Methods;
export type Linked = Transport | ${[...linked].map((name) => `typeof ${name}`).join(' | ')};
`;
}

const isSocket = ({ kind, name }: Arg) => kind === 'Fd' && name === 'sock';
const isPayload = ({ kind }: Arg) => kind.startsWith('Bytes');

function hasBody(call: Call): boolean {
  return call.name in byHand || call.args.some((arg) => isSocket(arg) || isPayload(arg));
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
  if (options !== undefined) parameters.push(hasBody(call) ? `options: ${options} = noOptions` : `options?: ${options}`);
  const result = resultType(call, form);
  const returned = isWaiting ? `Promise<${result}>` : result;
  const documented = documentation(api, call, form, { isWaiting, hasOptions: options !== undefined });
  if (!hasBody(call)) return `${documented}\n  ${name}(${parameters.join(', ')}): ${returned};`;
  const body = byHand[call.name] ?? (async === undefined ? plainBody(call) : waitingBody(call, async, form));
  return `${documented}\n  ${name}(${parameters.join(', ')}): ${returned} {\n${indent(body)}\n  }`;
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
      return name === 'sock' ? 'number | SocketLike' : 'number'; // isSocket
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

/** What the C function takes for an argument of a command. */
function value(arg: Arg): string {
  const name = camelCase(arg.name);
  return arg.kind === 'Closure'
    ? `command.closure('${arg.closure}', this.arg.required('${arg.name}', ${name}))`
    : `this.arg.${parameterKind(arg)}('${arg.name}', ${name})`;
}

/** What it takes for what follows the arguments. */
function options(call: Call, completion: string): string[] {
  return [
    `command.completion(${completion})`,
    ...call.optargs.filter(({ kind }) => kind === 'OFlags').map(() => 'this.arg.flags(options)'),
  ];
}

// A call that returns at once.
function plainBody(call: Call): string {
  const begin = `this.begin('nbd_${call.name}');`;
  if (call.args.some(isSocket)) {
    return `${begin}\nthis.giveSocket('sock', sock, (fd) => this.exports.nbd_${call.name}(this.pointer, fd));\nthis.connection.kick();`;
  }
  const values = call.args.flatMap((arg) => (isPayload(arg) ? ['command.map(bytes)', 'bytes.length'] : [value(arg)]));
  const native = [...values, ...options(call, 'this.arg.completion(options)')].join(', ');
  const bytes = call.args.filter(isPayload).map(({ name }) => `const bytes = this.arg.bytes('${name}', ${camelCase(name)});`);
  return [begin, ...bytes, `return this.issue((command) => this.exports.nbd_${call.name}(this.pointer, ${native}));`].join('\n');
}

// A blocking call over its aio twin.
function waitingBody(call: Call, async: Call, form: Form): string {
  const buffer = call.args.find(isPayload);
  if (buffer === undefined) {
    const connect = `this.giveSocket('sock', sock, (fd) => this.exports.nbd_${async.name}(this.pointer, fd))`;
    const isReached = 'this.exports.nbd_aio_is_connecting(this.pointer) === 0';
    return `return connected(this, 'nbd_${call.name}', options, () => ${connect}, () => ${isReached});`;
  }
  const isNew = buffer.kind === 'BytesOut' && form === 'blocking';
  const mapped = isNew ? ['command.mapZeroed(bytes)', 'count'] : ['command.map(bytes)', 'bytes.length'];
  const values = call.args.flatMap((arg) => (arg === buffer ? mapped : [value(arg)]));
  const native = `this.exports.nbd_${async.name}(${['this.pointer', ...values, ...options(call, '')].join(', ')})`;
  const name = camelCase(buffer.name);
  if (!isNew) {
    return `return commandReply(this, 'nbd_${call.name}', options, (command) => {
  const bytes = this.arg.bytes('${buffer.name}', ${name});
  return ${native};
}, undefined, ${name}, offset);`;
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
  () => bytes,
  count,
  offset,
);`;
}
