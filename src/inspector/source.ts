// The address of a disk, as a session opens it.

/** Where a disk is. */
export interface Source {
  /** The URL of a WebSocket, with its token if it needs one. */
  readonly url: string;
  /** The server's default unless told otherwise. */
  readonly exportName?: string | undefined;
}
