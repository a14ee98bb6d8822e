// src/generated/exports.ts and the linker's list: the functions of libnbd.wasm that the methods call.
import type { Api, Arg, Call } from './schema.js';

/** Functions beside libnbd's calls that src/libnbd/exports.ts names. */
const support = [
  'malloc',
  'free',
  'nbd_create',
  'nbd_close',
  'nbd_get_error',
  'nbd_wasm_get_errno',
  'nbd_wasm_pump',
  'nbd_wasm_strerror',
];

/** The aio call that a blocking call is made of; undefined for a call that does not block. */
export function twin(api: Api, call: Call): Call | undefined {
  return api.calls.find(({ name }) => name === `aio_${call.name}`);
}

function called(api: Api): Call[] {
  return api.calls.filter((call) => twin(api, call) === undefined);
}

export function exportedNames(api: Api): string[] {
  const closures = api.closures.map(({ name }) => `nbd_wasm_${name}`);
  return [...support, ...closures, ...called(api).map(({ name }) => `nbd_${name}`)].map((name) => `_${name}`);
}

export function exportsInterface(api: Api): string {
  const signatures = called(api).map((call) => {
    const parameters = [
      'h: Pointer',
      ...call.args.flatMap(native),
      ...call.optargs.map(({ kind, name }) => `${name}: ${kind === 'OFlags' ? 'number' : 'Pointer'}`),
    ];
    return `  nbd_${call.name}(${parameters.join(', ')}): ${nativeResult(call)};`;
  });
  return `import type { Pointer } from '../wasm/memory.js';\n\nexport interface LibnbdExports {\n${signatures.join('\n')}\n}\n`;
}

function native({ kind, name, count }: Arg): string[] {
  switch (kind) {
    case 'BytesIn':
    case 'BytesOut':
    case 'BytesPersistIn':
    case 'BytesPersistOut':
    case 'SockAddrAndLen':
      return [`${name}: Pointer`, `${count}: number`];
    case 'Closure':
    case 'Path':
    case 'String':
    case 'StringList':
      return [`${name}: Pointer`];
    case 'Int64':
    case 'UInt64':
      return [`${name}: bigint`];
    case 'Bool':
    case 'Enum':
    case 'Fd':
    case 'Flags':
    case 'Int':
    case 'SizeT':
    case 'UInt':
    case 'UInt32':
    case 'UIntPtr':
      return [`${name}: number`];
    default:
      throw new Error(`argument ${name} is of kind ${kind}, which is not known: teach generator/exports.ts and methods.ts`);
  }
}

function nativeResult({ ret }: Call): string {
  switch (ret.kind) {
    case 'Cookie':
    case 'Int64':
    case 'UInt64':
      return 'bigint';
    case 'StaticString':
    case 'String':
      return 'Pointer';
    default:
      return 'number';
  }
}
