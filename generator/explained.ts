// What the tags @param and @returns say: of the kind in API.ml, and of the name where several calls share one. A call or a name that is
// new gets what its kind says.
import { camelCase } from './names.js';
import type { Api, Arg, Call, Form, OptArg } from './schema.js';

/** Links to constants, in words. */
const linked = (names: readonly string[]): string => names.map((name) => `{@link ${name}}`).join(', ');

function constantsOf(api: Api, prefix: string): string[] {
  const set = [...api.enums, ...api.flags].find((values) => values.prefix === prefix);
  return (set?.values ?? []).map(({ name }) => `${prefix}_${name}`);
}

const untilDone = 'Leave it alone until the command is done.';

const byName: Record<string, string> = {
  allow: 'Whether a URI may name files of this machine.',
  argv: 'The program and its arguments, without a shell.',
  cid: 'The number of the virtual machine.',
  context: 'Is called with the name of each metadata context, such as `base:allocation`.',
  contexts: 'The metadata contexts that are asked about, such as `base:allocation`.',
  cookie: 'What the `aio…` call returned.',
  count: 'How many bytes.',
  dir: 'The folder with `ca-cert.pem`, and `client-cert.pem` and `client-key.pem` where the server asks for them.',
  enable: 'Whether to stop before an export is chosen.',
  export_name: 'The name; an empty one is the default of the server.',
  extent: "Is called for each metadata context. `entries` has each extent's length in bytes, then its flags, by turns.",
  extent64: "Is called for each metadata context. `entries` has each extent's `length` in bytes and its `flags`.",
  filename: 'The path of a file with lines `user:key`.',
  handle_name: 'Any name, for debug messages.',
  hostname: 'A host name or an IP address.',
  i: 'Its index, from 0 on.',
  list: 'Is called for each export, with its name and its description.',
  metacontext: 'The name of a metadata context, such as {@link CONTEXT_BASE_ALLOCATION}.',
  name: 'The name of a metadata context, such as {@link CONTEXT_BASE_ALLOCATION}.',
  offset: 'Where it begins on the disk, in bytes. A number must be exact.',
  port: 'The port: `"10809"` is the usual one.',
  private_data: 'A number of your own.',
  queries: 'Names of metadata contexts, or beginnings of names that end with a colon.',
  signum: 'The number of the signal; 0 is SIGTERM.',
  sock:
    'A `net.Socket`, a `WebSocket` that is not open yet, `{ readable, writable }` byte streams, a `MessagePort`, or a {@link Transport}. ' +
    'It is closed with the handle.',
  timeout: 'The most milliseconds to wait; -1 waits for ever.',
  unixsocket: 'The path of the socket.',
  uri: 'An NBD URI, such as `nbd://localhost/name`.',
  verify: 'False accepts any server: no certificate is verified.',
};

function closure(name: string): string {
  if (name === 'debug') return 'Is called with each debug message, and with the name of the call that it comes from.';
  if (name === 'chunk') {
    return (
      'Is called for each part of the reply: its bytes, its offset on the disk, and {@link READ_DATA}, {@link READ_HOLE} or ' +
      '{@link READ_ERROR}.'
    );
  }
  return byName[name] ?? 'Is called back.';
}

function argument(api: Api, { kind, name, type = '', closure: callback = '' }: Arg): string {
  switch (kind) {
    case 'BytesIn':
    case 'BytesPersistIn':
      return `The bytes to write: a \`Uint8Array\`, or any other view. They are read where they are, not copied. ${untilDone}`;
    case 'BytesOut':
    case 'BytesPersistOut':
      return `The buffer to fill: its length is how many bytes are read. ${untilDone}`;
    case 'Closure':
      return closure(callback);
    case 'Enum':
      return `One of ${linked(constantsOf(api, type))}.`;
    case 'Flags':
      return `Any of ${linked(constantsOf(api, type))}, joined by \`|\`; 0 is none.`;
    case 'SockAddrAndLen':
      return 'The bytes of a `struct sockaddr`, in the layout of Linux.';
    case 'Bool':
      return byName[name] ?? 'True turns it on, false turns it off.';
    case 'StringList':
      return byName[name] ?? 'A list of texts.';
    case 'Path':
      return byName[name] ?? 'A path.';
    case 'String':
      return byName[name] ?? 'A text without null characters.';
    case 'Fd':
      return byName[name] ?? 'A virtual descriptor.';
    default:
      return byName[name] ?? 'A number.';
  }
}

function options(call: Call, isWaiting: boolean): string {
  const texts = call.optargs.map((arg: OptArg) => {
    if (arg.kind === 'OClosure')
      return '`completion` is called when it is done; one that returns 1 retires the command, which then needs no `aioCommandCompleted`.';
    if (arg.subset === null || arg.subset === undefined) return `\`flags\`: constants \`${arg.type}_*\`.`;
    if (arg.subset.length === 0) return '`flags`: there are none yet.';
    return `\`flags\`: ${linked(arg.subset.map((name) => `${arg.type}_${name}`))}, joined by \`|\`.`;
  });
  if (isWaiting) texts.push('`signal`: an `AbortSignal` that ends the wait; the server may do the work all the same.');
  return texts.join(' ');
}

/** The tags of the arguments, in their order. */
export function parameterTags(api: Api, call: Call, form: Form, isWaiting: boolean, hasOptions: boolean): string[] {
  const tags = call.args.map((arg) => {
    const isCount = arg.kind === 'BytesOut' && form !== 'into';
    const text = isCount ? 'How many bytes to read: at most 64 MiB, or less where the server says so.' : argument(api, arg);
    return `@param ${isCount ? 'count' : camelCase(arg.name)} ${text}`;
  });
  return hasOptions ? [...tags, `@param options ${options(call, isWaiting)}`] : tags;
}

const results: Record<string, string> = {
  get_size: 'The size of the disk in bytes.',
  get_block_size: 'A number of bytes, or 0n where the server says nothing.',
  get_subprocess_pid: 'The process ID.',
  aio_peek_command_completed: 'The cookie of a command that is done, or 0n.',
  aio_in_flight: 'How many there are.',
  opt_list: 'How many exports there are.',
  poll: '1 when something has happened, 0 when the time is over.',
  poll2: '1 when something has happened or the descriptor is ready, 0 when the time is over.',
};

/** The tag of the result; nothing for a call that has none. */
export function returnsTag(call: Call, form: Form, isWaiting: boolean): string[] {
  const text = result(call, form, isWaiting);
  return text === '' ? [] : [`@returns ${text}`];
}

function result(call: Call, form: Form, isWaiting: boolean): string {
  if (form === 'blocking' && call.args.some(({ kind }) => kind === 'BytesOut')) return 'The bytes, in a new `Uint8Array`.';
  const known = results[call.name];
  if (known !== undefined) return known;
  switch (call.ret.kind) {
    case 'Err':
      if (!isWaiting) return '';
      return `A promise that is fulfilled when ${done(call)}.`;
    case 'Bool':
      return 'True if so.';
    case 'Cookie':
      return 'The cookie of the command, for {@link NBD.aioCommandCompleted | aioCommandCompleted}.';
    case 'Enum':
    case 'Flags':
      return `Of the constants \`${call.ret.type}_*\`.`;
    case 'Fd':
      return 'A virtual descriptor.';
    case 'Int':
      return call.name.includes('meta_context') ? 'How many metadata contexts there are.' : 'A number.';
    case 'String':
    case 'StaticString':
      return 'A text.';
    default:
      return call.name.startsWith('stats_bytes') ? 'A number of bytes.' : 'A number.';
  }
}

function done({ name }: Call): string {
  if (name.startsWith('connect')) return 'there is a connection';
  if (name === 'shutdown') return 'the connection has ended';
  return 'the server has answered';
}
