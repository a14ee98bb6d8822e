// A file system that 7-Zip has opened.
import { NBDError } from '../../base/errors.js';
import type { Contents, EngineDirectory, EngineFile, EngineFileSystem } from '../engine.js';
import type { FileStat, FileSystemInfo } from '../types.js';
import { type Archive, laid, mostParts } from './archive.js';
import type { Node, Tree } from './tree.js';

export class SevenFileSystem implements EngineFileSystem {
  readonly info: FileSystemInfo;
  readonly #archive: Archive;
  readonly #tree: Tree;

  private constructor(archive: Archive, info: FileSystemInfo, tree: Tree) {
    this.#archive = archive;
    this.info = info;
    this.#tree = tree;
  }

  static async open(archive: Archive, info: FileSystemInfo, signal: AbortSignal | undefined): Promise<SevenFileSystem> {
    const { tree } = await archive.call((exports) => exports.nbd_7z_items(), signal);
    return new SevenFileSystem(archive, info, tree);
  }

  async lookup(path: Uint8Array, followLinks: boolean, signal: AbortSignal | undefined): Promise<EngineFile> {
    const { id, type } = await this.#tree.find(path, followLinks, (link) => this.#target(link, signal));
    const stat = (await this.stats([id], signal)).get(id);
    return { id, stat: stat ?? { type, size: 0n } };
  }

  async readdir({ id }: EngineFile): Promise<EngineDirectory> {
    return { entries: this.#tree.entries(id) };
  }

  async stats(ids: readonly number[], signal: AbortSignal | undefined): Promise<ReadonlyMap<number, FileStat>> {
    const nodes = ids.map((id) => this.#tree.node(id));
    const items = nodes.flatMap(({ item }) => (item === undefined ? [] : [item]));
    const numbers = new Uint8Array(Uint32Array.from(items).buffer); // little-endian, as the module's memory is
    const { stats } = await this.#archive.call(
      (exports, memory) => exports.nbd_7z_stats(laid(exports, memory, numbers), items.length),
      signal,
    );
    return new Map(
      nodes.map(({ id, item, type }) => {
        const stat = item === undefined ? undefined : stats.get(item);
        return [id, { ...(stat ?? { size: 0n }), ...(type === 'directory' ? { size: 0n } : {}), type }];
      }),
    );
  }

  readlink({ id }: EngineFile, signal: AbortSignal | undefined): Promise<Uint8Array> {
    return this.#target(this.#tree.node(id), signal);
  }

  async #target({ item }: Node, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const { parts } = await this.#archive.call((exports) => exports.nbd_7z_readlink(item ?? 0), signal);
    const [target] = parts;
    if (target === undefined || !('bytes' in target)) throw new NBDError('7-Zip: the symbolic link has no target', 'EUCLEAN');
    return target.bytes;
  }

  async contents({ id, stat }: EngineFile, from: bigint, wanted: number, signal: AbortSignal | undefined): Promise<Contents> {
    const { item } = this.#tree.node(id);
    if (item === undefined) throw new NBDError('7-Zip: it has no contents', 'EINVAL');
    const { parts } = await this.#archive.call(
      (exports) => exports.nbd_7z_contents(item, from, stat.size, BigInt(wanted), mostParts),
      signal,
    );
    return parts;
  }
}
