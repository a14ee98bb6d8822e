// Where the files are that the page shows, and the events by which they are opened and lit.

/** A place in a link: a file or a directory of a partition. */
export interface FilesPlace {
  /** Undefined where the file system takes the whole disk. */
  readonly partition: number | undefined;
  /** From the root of the file system on; bytes that are not UTF-8 stand as %E9. */
  readonly path: string;
}

/** The part of the disk that has a file system. */
export interface FilesVolume {
  readonly partition: number | undefined;
  readonly start: bigint;
  readonly size: bigint;
  /** libblkid's name of it; undefined where it was not recognized. */
  readonly type: string | undefined;
  /** For people. */
  readonly title: string;
}

/** Parts of the disk that the map lights. */
export interface Lit {
  /** What they belong to, for people. */
  readonly what: string;
  /** In bytes, in the order of the file. */
  readonly ranges: readonly { readonly offset: bigint; readonly length: bigint }[];
}
