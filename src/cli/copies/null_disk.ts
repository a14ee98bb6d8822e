// `null:`, a disk that takes everything and keeps nothing: for how fast a source can be read.
import { type Disk, NBDError, SIZE_PREFERRED, type Size } from '../../node.js';

const unreadable = async (): Promise<never> => {
  throw new NBDError('null: keeps nothing, and cannot be read', 'ENOTSUP');
};

export class NullDisk implements Disk {
  pread = unreadable;
  preadInto = unreadable;
  blockStatus64 = unreadable;
  blockStatusArrays = unreadable;
  pwrite = async (): Promise<void> => {};
  zero = async (): Promise<void> => {};
  trim = async (): Promise<void> => {};
  cache = async (): Promise<void> => {};
  flush = async (): Promise<void> => {};
  isReadOnly = (): boolean => false;
  isRotational = (): boolean => false;
  canFlush = (): boolean => true;
  canFua = (): boolean => true;
  canZero = (): boolean => true;
  canFastZero = (): boolean => true;
  canTrim = (): boolean => true;
  canCache = (): boolean => false;
  canMultiConn = (): boolean => true;
  canMetaContext = (): boolean => false;
  /** As large as a disk can be. */
  getSize = (): bigint => 2n ** 63n - 1n;
  getBlockSize = (type: Size): bigint => (type === SIZE_PREFERRED ? 4096n : 0n);
  getExtendedHeadersNegotiated = (): boolean => false;
}
