// The disks that the page's own server has: disks.json, as `libnbd-wasm inspect` serves it.
import { socketUrl } from '../worker/remote_handle.js';
import { DisksError } from './problems.js';
import { tokenOf } from './tokens.js';

/** A disk of the page's own server. */
export interface ServedDisk {
  readonly name: string;
  /** The absolute URL of its WebSocket, without a token. */
  readonly url: string;
  /** Where it is, as the server was told. */
  readonly source: string;
}

/**
 * Asks the page's server for its disks.
 *
 * @returns Undefined where the server has no such list: then the page is on its own.
 * @throws DisksError when the server does not answer, wants another token, or answers with something else.
 */
export async function fetchDisks(signal: AbortSignal): Promise<ServedDisk[] | undefined> {
  const token = tokenOf();
  const headers: HeadersInit = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(new URL('disks.json', document.baseURI), { headers, signal, cache: 'no-store' }).catch(
    (cause: unknown) => {
      signal.throwIfAborted();
      throw new DisksError('unreachable', { cause });
    },
  );
  if (response.status === 404) return undefined;
  if (response.status === 401 || response.status === 403) throw new DisksError('token');
  if (!response.ok) throw new DisksError('status', { cause: `${response.status} ${response.statusText}` });
  const answer: unknown = await response.json().catch((cause: unknown) => {
    throw new DisksError('format', { cause });
  });
  return checkedDisks(answer);
}

function checkedDisks(answer: unknown): ServedDisk[] {
  const list = isRecord(answer) ? answer.disks : undefined;
  if (!Array.isArray(list)) throw new DisksError('format');
  return list.map((disk: unknown) => {
    if (!isRecord(disk)) throw new DisksError('format');
    const { name, url, source } = disk;
    if (typeof name !== 'string' || typeof url !== 'string') throw new DisksError('format');
    return { name, url: socketUrl(new URL(url, document.baseURI)), source: typeof source === 'string' ? source : '' };
  });
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
