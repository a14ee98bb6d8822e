// What can be copied from and to in Node alone, by the members that tell each from the others: a program that is compiled without
// Node's types gets these types too.

/** A `FileHandle` of `node:fs/promises`. */
export interface NodeFileHandle {
  readonly fd: number;
  datasync(): Promise<void>;
}

/** A `Readable` of `node:stream`. */
export interface NodeReadable {
  readonly readableFlowing: boolean | null;
  readonly readableObjectMode: boolean;
  read(size?: number): unknown;
}

/** A `Writable` of `node:stream`. */
export interface NodeWritable {
  readonly writableFinished: boolean;
  readonly writableObjectMode: boolean;
  cork(): void;
}

/** A `ChildProcess` of `node:child_process`. */
export interface NodeProcess {
  readonly spawnargs: string[];
  readonly stdin: object | null;
  readonly stdout: object | null;
}

/** What only Node can copy from: a path or a `file:` URL, a `FileHandle`, a `Readable`, or a child process, of which the output is read. */
export type NodeSource = string | URL | NodeFileHandle | NodeReadable | NodeProcess;

/** What only Node can copy to: a path or a `file:` URL, a `FileHandle`, a `Writable`, or a child process, which gets it as its input. */
export type NodeDestination = string | URL | NodeFileHandle | NodeWritable | NodeProcess;
