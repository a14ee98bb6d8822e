// `libnbd-wasm copy`, and `nbdcopy`: from a disk, a file or a stream to another.

import type { CopyDestination, CopyResult, CopySource } from '../../node.js';
import { CONTEXT_BASE_ALLOCATION, copy, NAMESPACE_QEMU, NBDError } from '../../node.js';
import { humanSize } from '../../text/sizes.js';
import { isUpstream } from '../called.js';
import { type Call, defineCommand, flag, toggle, value } from '../command.js';
import { type End, Ends, named } from '../copies/operands.js';
import { progressOptions, progressView } from '../copies/progress.js';
import { operandsHelp, powerOf2, requestOptions, shapeFor, shapeOf, twoOperands } from '../copies/requests.js';
import { interruptible } from '../interruption.js';
import { complain, print, ReaderGone } from '../printing/output.js';
import { limitsOf, patienceOptions } from '../servers/patience.js';
import { count, UsageError } from '../usage.js';

const options = {
  allocated: flag('makes no holes: all of the destination is allocated'),
  ...requestOptions,
  'destination-is-zero': flag('promises that the destination reads as zeroes, so that zeroes are not written', {
    aliases: ['target-is-zero'],
  }),
  flush: toggle(`has all on stable storage in the end; ${isUpstream ? 'not by itself' : 'the default'}`),
  'no-extents': flag('asks for no holes: all of the source is read'),
  ...progressOptions,
  sparse: value('N', 'the shortest run of zeroes that becomes a hole, a power of 2 from 512 on; 0 looks for none; default 4096', {
    short: 'S',
  }),
  synchronous: flag('one request at a time, in their order'),
  threads: value('N', 'connections at most, as there is one thread; 0, the default, for no limit of this kind', { short: 'T' }),
  verbose: flag('tells what is copied, and all that libnbd does', { short: 'v' }),
  verify: flag('reads everything back in the end, and compares it'),
  resume: flag('goes on where a copy to the same file has ended; what was copied is kept when it is interrupted'),
  'only-dirty': value(
    'NAME',
    "copies only what a dirty bitmap of qemu's says has changed; the rest of the destination stays as it is",
  ),
  json: flag('prints the result as a line of JSON: on standard error where the output is the copy'),
  ...patienceOptions,
} as const;
type Values = Call<typeof options>['values'];

export const command = defineCommand({
  name: 'copy',
  summary: 'copies a disk, a file or a stream to another, as nbdcopy does',
  synopsis: ['[OPTION ...] SOURCE DESTINATION'],
  about: `Copies all bytes of SOURCE to DESTINATION. What reads as zeroes becomes holes. ${
    isUpstream
      ? 'A file is written in place.'
      : 'A new file has the name NAME.partial until it is complete; one that is there is written in place.'
  }

${operandsHelp}

A - is standard input or standard output. The destination null: takes everything and keeps nothing.`,
  options,
  examples: [
    ['copy nbd://localhost/vm vm.img', 'a backup; with --resume it goes on after a failure, with --verify it is read back'],
    ['copy vm.img nbd://localhost/vm', 'the way back'],
    ['copy [ qemu-nbd -r -f qcow2 vm.qcow2 ] - | gzip > vm.gz', 'another format, to another program'],
  ].map(([line, what]) => [isUpstream ? `nbd${line}` : `libnbd-wasm ${line}`, what ?? ''] as const),
  operands: 'disks',
  async run({ values, operands }) {
    const [from, to] = twoOperands(operands, 'source', 'destination');
    const settings = settingsOf(values);
    const view = progressView(values);
    const tell = (text: string) => {
      view.clear();
      complain(text);
    };
    await interruptible(async (signal) => {
      try {
        const { contexts, shape } = settings;
        const isInPlace = isUpstream && !values.resume;
        const common = { contexts, limits: limitsOf(values), isVerbose: values.verbose, isInPlace, tell, signal };
        await using ends = new Ends({ ...common, connections: shape.connections });
        const source = await ends.source(from);
        await checkBitmap(source, settings.copy.onlyDirty);
        const destination = await ends.destination(to);
        if (source.size !== undefined && destination.size !== undefined && source.size > destination.size) {
          throw new Error(`error: destination size (${destination.size}) is smaller than source size (${source.size})`);
        }
        if (values.verbose) describe(source, destination, settings, tell);
        const start = performance.now();
        const requests = shapeFor(shape, Math.max(source.connections, destination.connections));
        const asked = { ...settings.copy, ...requests, progress: view.update, signal };
        const result = await copied(source, destination, asked);
        ends.isWritten = true;
        if (values.json) await report(result, performance.now() - start, values.verify, destination);
      } catch (error) {
        view.clear();
        throw error;
      }
    });
    view.finish();
    return 0;
  },
});

type Settings = ReturnType<typeof settingsOf>;

function settingsOf(values: Values) {
  const dirty = values['only-dirty'];
  const prefix = `${NAMESPACE_QEMU}dirty-bitmap:`;
  const onlyDirty = dirty === undefined || dirty.startsWith(prefix) ? dirty : `${prefix}${dirty}`;
  const shape = shapeOf(values);
  const threads = count('threads', values.threads) || Number.POSITIVE_INFINITY;
  const connections = values.synchronous ? 1 : Math.min(shape.connections ?? 4, threads);
  return {
    shape: { ...shape, connections, ...(values.synchronous ? { requests: 1 } : {}) },
    contexts: [...(values['no-extents'] ? [] : [CONTEXT_BASE_ALLOCATION]), ...(onlyDirty === undefined ? [] : [onlyDirty])],
    copy: {
      allocated: values.allocated,
      destinationIsZero: values['destination-is-zero'],
      flush: values.flush ?? (!isUpstream || values.resume),
      sparse: values.allocated || values.sparse === '0' ? 0 : powerOf2('sparse', values.sparse, 2 ** 9, 2 ** 30),
      verify: values.verify,
      resume: values.resume,
      onlyDirty,
    },
  };
}

/** The copy, with errors that fit a command line. */
async function copied(
  source: End<CopySource>,
  destination: End<CopyDestination>,
  asked: Parameters<typeof copy>[2],
): Promise<CopyResult> {
  try {
    return await copy(source.what, destination.what, asked);
  } catch (error) {
    if (error instanceof NBDError && error.code === 'EPIPE' && destination.what === process.stdout) {
      throw new ReaderGone(error.message);
    }
    // What the library says of its arguments is about the options and operands that they were made of.
    if (error instanceof TypeError && error.message.startsWith('copy: ')) throw new UsageError(error.message.slice(6));
    if (error instanceof NBDError)
      throw new Error(`${endOf(error, source, destination)}${error.message.replace(/^copy: /, '')}`, { cause: error });
    if (isOfFile(error)) throw named(destination.name, error); // of the file that it would have made
    throw error;
  }
}

/** The end whose system call has failed, where the error does not name it. */
function endOf({ cause }: NBDError, source: End<unknown>, destination: End<unknown>): string {
  const { syscall } = (cause ?? {}) as NodeJS.ErrnoException;
  const end = syscall === 'read' ? source : syscall === 'write' ? destination : undefined;
  return end === undefined || end.kind === 'nbd' ? '' : `${end.name}: `;
}

async function checkBitmap({ what, name }: End<CopySource>, context: string | undefined): Promise<void> {
  if (context === undefined) return;
  if (!(typeof what === 'object' && 'canMetaContext' in what)) {
    throw new UsageError(`--only-dirty needs an NBD server to copy from, not ${name}`);
  }
  if (await what.canMetaContext(context)) return;
  throw new Error(`${name}: the server has no ${context}: libnbd-wasm info tells which metadata contexts it has`);
}

function describe(
  source: End<unknown>,
  destination: End<unknown>,
  { shape: { connections, requests = 64 } }: Settings,
  tell: (text: string) => void,
): void {
  for (const [label, { kind, name, size }] of [
    ['src', source],
    ['dst', destination],
  ] as const) {
    tell(`${label}: ${kind}_ops "${name}"`);
    tell(`${label}: size=${size === undefined ? -1 : `${size} (${humanSize(size)})`}`);
  }
  tell(`connections=${connections} requests=${requests}`);
}

/** With the words of the library's `CopyResult`. */
async function report(
  { bytes, written }: CopyResult,
  milliseconds: number,
  verified: boolean,
  destination: End<CopyDestination>,
) {
  const line = `{"bytes": ${bytes}, "written": ${written}, "seconds": ${(milliseconds / 1000).toFixed(3)}, "verified": ${verified}}\n`;
  if (destination.what === process.stdout) process.stderr.write(line);
  else await print(line);
}

const isOfFile = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'path' in error && 'errno' in error;
