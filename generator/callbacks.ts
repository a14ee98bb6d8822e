// src/generated/callbacks.ts: the type of each closure's callback.
import { callbackType, camelCase } from './names.js';
import type { Api, CallbackArg } from './schema.js';

export function callbackTypes(api: Api): string {
  const types = api.closures.map(({ name, args }) => {
    const parameters = args.map(parameter).join(', ');
    return `/** The \`${name}\` callback of libnbd's API. */\nexport type ${callbackType(name)} = (${parameters}) => CallbackResult;`;
  });
  return `import type { CallbackResult, ErrorRef, Extent64 } from '../base/callback.js';\n\n${types.join('\n\n')}\n`;
}

function parameter(arg: CallbackArg): string {
  switch (arg.kind) {
    case 'ArrayAndLen':
      return `${camelCase(arg.of.name)}: ${elements(arg.of.kind)}[]`;
    case 'Mutable':
      if (arg.of.kind !== 'Int' || arg.of.name !== 'error') {
        throw new Error(
          `a callback's mutable argument ${arg.of.name} of kind ${arg.of.kind} is not known: teach generator/ and wasm/closures.c`,
        );
      }
      return 'error: ErrorRef';
    case 'BytesIn':
      return `${camelCase(arg.name)}: Uint8Array`;
    case 'Int':
    case 'UInt':
      return `${camelCase(arg.name)}: number`;
    case 'Int64':
    case 'UInt64':
      return `${camelCase(arg.name)}: bigint`;
    case 'String':
      return `${camelCase(arg.name)}: string`;
  }
}

function elements(kind: string): string {
  if (kind === 'UInt32') return 'number';
  if (kind === 'Extent64') return 'Extent64';
  throw new Error(`a callback's array of ${kind} is not known: teach generator/ and wasm/closures.c`);
}
