// An engine written as docs/engines.md tells, point by point, for a file system of the test's own: names and bytes in a list, and the number
// of each is its place in it.
import { type Engine, type EngineFile, fileSystem, NBDError, registerEngine, type Volume } from 'libnbd-wasm';
import { beforeAll, expect, test } from 'vitest';
import { MemoryDisk } from '../support/memory_disk.js';

const magic = 'TOY1';
/** `path|offset|length` a line; a directory has no offset, a link its target in the place of it. */
const table = [
  '/|',
  '/folder|',
  '/folder/file|1024|2000',
  '/folder/\u00e9|4096|10',
  '/link|@/folder/file',
  '/packed|+zzzz',
  '/broken|',
].join('\n');

interface Row {
  readonly path: string;
  readonly rest: readonly string[];
}

const bytesOf = (text: string) => new TextEncoder().encode(text);
const code = (text: string, errno: 'ENOENT' | 'ENOTDIR' | 'ELOOP' | 'EUCLEAN' | 'EINVAL') => new NBDError(`toy: ${text}`, errno);

// 2. `read` resolves with an error where the disk refuses a range, and rejects where it cannot be asked any more.
async function readAll(volume: Volume, offset: bigint, length: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const found = await volume.read(offset, length, signal);
  if (found instanceof NBDError) throw found;
  return found;
}

const toy: Engine = {
  name: 'toy',
  types: ['toy'], // 1. names of types; a name that libblkid does not know has to be told to fileSystem()
  async open(volume, type, signal) {
    const head = await readAll(volume, 0n, 512, signal);
    const text = new TextDecoder().decode(head).replace(/\0+$/, '');
    if (!text.startsWith(magic)) throw code('it is none of its kind', 'EUCLEAN'); // 1.
    const rows: Row[] = text
      .slice(magic.length + 1)
      .split('\n')
      .map((line) => {
        const [path = '', ...rest] = line.split('|');
        return { path, rest };
      });
    const file = (id: number): EngineFile => {
      const { path = '', rest: [where = '', length = '0'] = [] } = rows[id] ?? {};
      if (where.startsWith('@')) return { id, stat: { type: 'symlink', size: BigInt(where.length - 1) } };
      if (where.startsWith('+')) return { id, stat: { type: 'file', size: BigInt(where.length - 1) } };
      if (where === '' && path !== '/packed') return { id, stat: { type: 'directory', size: 0n } };
      return { id, stat: { type: 'file', size: BigInt(length) } };
    };
    return {
      info: { type, warnings: ['it is a toy'] },
      // 3. One `/` before each name, a NUL at the end; links on the way are followed.
      async lookup(path, followLinks) {
        expect(path.at(-1)).toBe(0);
        let wanted = new TextDecoder().decode(path.subarray(0, -1));
        for (let links = 0; links < 40; links++) {
          const id = rows.findIndex((row) => row.path === wanted);
          if (id < 0) throw code('there is no such file', wanted.startsWith('/folder/file/') ? 'ENOTDIR' : 'ENOENT');
          const found = file(id);
          if (found.stat.type !== 'symlink' || !followLinks) return found;
          wanted = (rows[id]?.rest[0] ?? '').slice(1);
        }
        throw code('the links lead in a circle', 'ELOOP');
      },
      // 3. Names as bytes, each with the number that `stats` takes; a `problem` where some cannot be read.
      async readdir({ id }) {
        const directory = rows[id]?.path ?? '';
        const prefix = directory === '/' ? '/' : `${directory}/`;
        const entries = rows.flatMap(({ path }, number) => {
          const name = path.slice(prefix.length);
          const isIn = path !== '/' && path.startsWith(prefix) && !name.includes('/');
          return isIn ? [{ name: bytesOf(name), id: number, type: file(number).stat.type }] : [];
        });
        return directory === '/broken'
          ? {
              entries: [{ name: bytesOf('left'), id: 2, type: 'file' }],
              problem: { code: 'EUCLEAN', message: 'toy: a part is damaged' },
            }
          : { entries };
      },
      stats: async (ids) => new Map(ids.map((id) => [id, file(id).stat])),
      readlink: async ({ id }) => bytesOf((rows[id]?.rest[0] ?? '').slice(1)),
      // 4. Parts in order from `from` on; one `Uint8Array` with all of a small file.
      async contents({ id, stat }, from) {
        const [where = '', length = '0'] = rows[id]?.rest ?? [];
        if (where.startsWith('+')) return bytesOf(where.slice(1));
        expect(from).toBeLessThan(stat.size);
        return [{ offset: 0n, length: BigInt(length), place: BigInt(where) }];
      },
    };
  },
};

const bytes = Uint8Array.from({ length: 8192 }, (_, i) => i % 251);
const partition = { start: 512n, size: 7680n };

beforeAll(() => {
  bytes.fill(0, 512, 1024);
  bytes.set(bytesOf(`${magic}\n${table}`), 512);
  registerEngine(toy);
});

const open = () => fileSystem(new MemoryDisk(bytes), { type: 'toy', partition });

test('its files are listed, looked up and read', async () => {
  const files = await open();
  expect(files.info.warnings).toEqual(['it is a toy']);
  const names: string[] = [];
  for await (const { name, type } of files.readdir('/')) names.push(`${name} ${type}`);
  expect(names).toEqual(['folder directory', 'link symlink', 'packed file', 'broken directory']);
  const wanted = bytes.subarray(512 + 1024, 512 + 3024);
  for (const path of ['folder/file', '//link']) expect(Buffer.compare(await files.read(path), wanted)).toBe(0);
  expect(await files.readlink('/link')).toBe('/folder/file');
  expect(new TextDecoder().decode(await files.read('/packed'))).toBe('zzzz');
  expect((await files.read('/folder/\u00e9')).length).toBe(10);
  await expect(files.stat('/folder/file/below')).rejects.toThrow(expect.objectContaining({ code: 'ENOTDIR' }));
  await expect(files.stat('/none')).rejects.toThrow(expect.objectContaining({ code: 'ENOENT' }));
});

test('a problem comes after the names', async () => {
  const files = await open();
  const names: string[] = [];
  const list = async () => {
    for await (const { name } of files.readdir('/broken')) names.push(name);
  };
  await expect(list()).rejects.toThrow('readdir: /broken: toy: a part is damaged. Names may be missing');
  expect(names).toEqual(['left']);
});

test('what is none of its kind is refused, and an error of the disk is passed on', async () => {
  await expect(fileSystem(new MemoryDisk(8192), { type: 'toy' })).rejects.toThrow(expect.objectContaining({ code: 'EUCLEAN' }));
  const disk = new MemoryDisk(bytes);
  disk.before = async () => {
    throw new NBDError('a bad sector', 'EIO');
  };
  await expect(fileSystem(disk, { type: 'toy', partition })).rejects.toThrow(expect.objectContaining({ code: 'EIO' }));
});

test('a file that changed on the disk is read anew by whoever opens it again', async () => {
  const before = await open();
  expect((await before.read('/folder/file'))[0]).toBe(bytes[1536]);
  const was = bytes[1536] ?? 0;
  bytes[1536] = was ^ 0xff;
  expect((await before.read('/folder/file'))[0]).toBe(was); // what was read is kept
  expect((await (await open()).read('/folder/file'))[0]).toBe(was ^ 0xff);
  bytes[1536] = was;
});
