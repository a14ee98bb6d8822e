// The whole API, and nothing beside it that is not meant to be there: the package against libnbd's own header, which its
// build does not read.
import { readFileSync } from 'node:fs';
import * as package_ from 'libnbd-wasm';
import { NBD, NBDError } from 'libnbd-wasm';
import { describe, expect, test } from 'vitest';

const header = readFileSync(new URL('../../build/libnbd/include/libnbd.h', import.meta.url), 'utf8');

/** Every function of the header, and the types of its closures: it has a macro for each. */
const inHeader = [...header.matchAll(/^#define LIBNBD_HAVE_(NBD_\w+) 1$/gm)].map(([, name = '']) => name.toLowerCase());

const camelCase = (name: string) => name.replace(/^nbd_/, '').replace(/_([a-z0-9])/g, (_, first: string) => first.toUpperCase());

/** What the header has and a handle's methods have not, and what stands for it. */
const elsewhere: Record<string, string> = {
  nbd_create: 'NBD.create() and library.create()',
  nbd_get_error: 'the message of an NBDError',
  nbd_get_errno: 'the code and errno of an NBDError',
};

/** What a handle has and the header has not. */
const ours = new Map<string | symbol, string>([
  ['constructor', 'of the class'],
  ['closed', 'whether close() was called'],
  ['setTlsCredentials', 'setTlsCertificates and setTlsPskFile without files'],
  ['preadInto', 'pread into a buffer of the caller’s'],
  ['preadStructuredInto', 'preadStructured into a buffer of the caller’s'],
  ['blockStatusArrays', 'blockStatus64 without an object an extent'],
  ['connectWebSocket', 'connectSocket with a WebSocket'],
  ['connected', 'whether there is a connection'],
  ['lost', 'when and why the connection was lost'],
  ['extents', 'blockStatus64 over any range'],
  ['readFully', 'pread of any length'],
  ['readable', 'a range as a stream'],
  ['writable', 'a stream to the disk'],
  [Symbol.dispose, 'using'],
  [Symbol.asyncDispose, 'await using'],
  [Symbol.for('nodejs.util.inspect.custom'), 'console.log'],
]);

/** The methods of NBD and of the generated class that it extends; what those are made of is not in the package's types. */
function methods(): (string | symbol)[] {
  const generated: object = Object.getPrototypeOf(NBD.prototype);
  return [NBD.prototype, generated].flatMap((prototype) => Reflect.ownKeys(prototype));
}

describe('functions', () => {
  test('the header was read', () => {
    expect(inHeader).toEqual(expect.arrayContaining(['nbd_create', 'nbd_pread', 'nbd_aio_block_status_64']));
    expect(inHeader.length).toBeGreaterThan(150);
  });

  test.for(inHeader)('%s', (name) => {
    if (name.endsWith('_callback') && !/_(set|clear)_/.test(name)) return; // the type of a closure: src/generated/callbacks.ts
    if (name in elsewhere) return;
    expect(typeof Object.getOwnPropertyDescriptors(mergedPrototype())[camelCase(name)]?.value).toBe('function');
  });

  test('nothing else, but what is listed here', () => {
    const libnbd = new Set<string | symbol>(inHeader.map(camelCase));
    const extra = new Set(methods().filter((name) => !libnbd.has(name)));
    expect([...extra].map(String).sort()).toEqual([...ours.keys()].map(String).sort());
  });

  test('what stands elsewhere is there', () => {
    expect(NBD.create).toBeTypeOf('function');
    const error = new NBDError('text', 'EIO');
    expect([error.message, error.code, error.errno]).toEqual(['text', 'EIO', 5]);
  });
});

function mergedPrototype(): object {
  return Object.defineProperties(
    {},
    {
      ...Object.getOwnPropertyDescriptors(Object.getPrototypeOf(NBD.prototype)),
      ...Object.getOwnPropertyDescriptors(NBD.prototype),
    },
  );
}

describe('constants', () => {
  // `#define LIBNBD_CMD_FLAG_FUA 0x01U`, `#define LIBNBD_NAMESPACE_BASE "base:"`; macros of the header's own have other values.
  const definitions = [...header.matchAll(/^#define LIBNBD_(\w+) +(?:(0x[0-9a-f]+|\d+)U?|"(.*)")$/gm)]
    .filter(([, name = '']) => !name.startsWith('HAVE_'))
    .map(([, name = '', number, text]) => [name, text ?? Number(number)] as const);
  const exported: Record<string, unknown> = { ...package_ };

  test('the header was read', () => {
    expect(definitions).toContainEqual(['CMD_FLAG_DF', 4]);
    expect(definitions).toContainEqual(['SHUTDOWN_ABANDON_PENDING', 65536]);
    expect(definitions).toContainEqual(['CONTEXT_BASE_ALLOCATION', 'base:allocation']);
  });

  test.for(definitions)('%s', ([name, value]) => {
    expect(exported[name]).toBe(value);
  });

  test('no other', () => {
    const names = Object.keys(exported).filter((name) => /^[A-Z0-9_]+$/.test(name) && name !== 'NBD');
    expect(names.sort()).toEqual(definitions.map(([name]) => name).sort());
  });
});
