// What happens to the connections of a disk that stays, for pages and logs.
import type { DiskRange } from '../disk/disk_error.js';

export type DiskEventType = 'reconnecting' | 'connected' | 'lost';

/** What an event tells. */
export interface DiskEventDetail {
  /** Why the connection was lost; for `lost`, why there is no other. */
  readonly cause: unknown;
  /** The address that it was lost to, or that was connected to, without a token. */
  readonly address: string;
  /** How many connections there are now. */
  readonly connections: number;
  /** Changes that were acknowledged, and that may be gone with the server that died. The next flush rejects with them. */
  readonly ranges: readonly DiskRange[];
}

/** Something has happened to a connection of a disk of {@link openDisk}. */
export class DiskEvent extends Event implements DiskEventDetail {
  declare readonly type: DiskEventType;
  readonly cause: unknown;
  readonly address: string;
  readonly connections: number;
  readonly ranges: readonly DiskRange[];

  constructor(type: DiskEventType, { cause, address, connections, ranges }: DiskEventDetail) {
    super(type);
    this.cause = cause;
    this.address = address;
    this.connections = connections;
    this.ranges = ranges;
  }
}

/** As `addEventListener` of the DOM takes them. */
export interface DiskListenerOptions {
  once?: boolean;
  signal?: AbortSignal;
}
