// 7-Zip tells items with their paths; users ask for directories. This is the tree between them.
import { NBDError } from '../../base/errors.js';
import type { EngineEntry } from '../engine.js';
import { latin, NameStore, names } from '../names.js';
import type { FileType } from '../types.js';

/** Symbolic links in one path, as on Linux. */
const mostLinks = 40;
/** Names that a path may come to, with the targets of its links. */
const mostNames = 4096;

/** Files and directories: paths may name more directories than there are files. */
const mostNodes = 500_000;

/** A file, or a directory. A name is a string whose characters are its bytes, so that any can be a key. */
export interface Node {
  readonly id: number;
  name: string;
  parent: number;
  /** 7-Zip's number; undefined for a directory that is only in the paths of others. */
  item: number | undefined;
  type: FileType;
  readonly children: Map<string, number>;
}

export class Tree {
  readonly #nodes: Node[] = [];

  constructor() {
    this.#add('', 0);
  }

  /** Of items that are told with the item that they are in: some before it. */
  readonly #ofItems = new Map<number, Node>();

  node(id: number): Node {
    const node = this.#nodes[id];
    if (node === undefined) throw new NBDError(`7-Zip: there is no file ${id}`, 'ENOENT');
    return node;
  }

  /** Adds an item. Where a path is there already, the first one stays. */
  add(item: number, path: Uint8Array, type: FileType): void {
    let at = this.node(0);
    for (const name of names(path)) {
      const known = at.children.get(name);
      const next = known === undefined ? this.#add(name, at.id) : this.node(known);
      at.children.set(name, next.id);
      at = next;
    }
    if (at.item !== undefined || (at.id === 0 && type !== 'directory')) return;
    at.item = item;
    at.type = at.children.size > 0 ? 'directory' : type;
  }

  /** Says which item the root is. */
  addRoot(item: number): void {
    const root = this.node(0);
    root.item ??= item;
    const early = this.#ofItems.get(item);
    for (const id of early?.children.values() ?? []) this.#hang(this.node(id), root);
    this.#ofItems.set(item, root);
  }

  /**
   * Adds an item under a name of its own, in another item, or in the root. What is in an item that is never added is in no directory.
   */
  addChild(item: number, parent: number | undefined, name: Uint8Array, type: FileType): void {
    const node = this.#ofItem(item);
    if (node.item !== undefined || name.length === 0) return;
    Object.assign(node, { item, type, name: latin(name) });
    this.#hang(node, parent === undefined ? this.node(0) : this.#ofItem(parent));
  }

  #ofItem(item: number): Node {
    const node = this.#ofItems.get(item) ?? this.#add('', 0);
    this.#ofItems.set(item, node);
    return node;
  }

  #hang(node: Node, parent: Node): void {
    node.parent = parent.id;
    if (!parent.children.has(node.name)) parent.children.set(node.name, node.id);
  }

  #add(name: string, parent: number): Node {
    if (this.#nodes.length >= mostNodes) throw new NBDError(`7-Zip: its paths have more than ${mostNodes} names`, 'EFBIG');
    const node: Node = { id: this.#nodes.length, name, parent, item: undefined, type: 'directory', children: new Map() };
    this.#nodes.push(node);
    return node;
  }

  entries(id: number): EngineEntry[] {
    const store = new NameStore();
    const encoded = (name: string) => store.add(Array.from(name, (character) => character.charCodeAt(0)));
    return [...this.node(id).children.values()].map((child) => {
      const { name, type } = this.node(child);
      return { name: encoded(name), id: child, type };
    });
  }

  /** Finds a path; `readlink` tells a link's target. */
  async find(path: Uint8Array, followLinks: boolean, readlink: (link: Node) => Promise<Uint8Array>): Promise<Node> {
    let at = this.node(0);
    let links = 0;
    const left = names(path).reverse();
    for (let name = left.pop(); name !== undefined; name = left.pop()) {
      if (at.type !== 'directory') throw new NBDError('7-Zip: a part of the path is no directory', 'ENOTDIR');
      if (name === '.') continue;
      const id = name === '..' ? at.parent : at.children.get(name);
      if (id === undefined) throw new NBDError('7-Zip: there is no such file', 'ENOENT');
      const next = this.node(id);
      if (next.type !== 'symlink' || (left.length === 0 && !followLinks)) {
        at = next;
        continue;
      }
      const target = await readlink(next);
      const more = names(target);
      if (++links > mostLinks || left.length + more.length > mostNames) {
        throw new NBDError('7-Zip: the path has too many symbolic links', 'ELOOP');
      }
      if (latin(target).startsWith('/')) at = this.node(0);
      left.push(...more.reverse());
    }
    return at;
  }
}
