// Opens one connection to the server: from a new handle to one that is known to serve the disk.
import { codeOf, NBDError } from '../base/errors.js';
import { TLS_REQUIRE } from '../generated/constants.js';
import type { Address } from './addresses.js';
import { difference, type Identity, identify } from './identity.js';
import { within } from './limits.js';
import type { RemoteDisk } from './remote_disk.js';
import type { Settings } from './settings.js';

/** The server serves another disk than before. */
export class OtherDisk extends NBDError {}

export interface Opened {
  readonly nbd: RemoteDisk;
  readonly identity: Identity;
}

/**
 * Connects a new handle, and looks at what the server says of its export.
 *
 * @param before What a server has said before; undefined for the first one.
 * @throws OtherDisk when that differs; NBDError `ETIMEDOUT` when it takes longer than it may.
 */
export async function openHandle(
  settings: Settings,
  address: Address,
  before: Identity | undefined,
  signals: readonly (AbortSignal | undefined)[],
): Promise<Opened> {
  const { connectTimeout, timing } = settings;
  const nbd = await settings.create();
  const tooLate = () => new NBDError(`openDisk: ${address.name} has not answered within ${connectTimeout} ms`, 'ETIMEDOUT');
  try {
    const identity = await within(timing, connectTimeout, tooLate, signals, async (signal) => {
      await prepare(nbd, settings);
      await address.connect(nbd, signal);
      const now = await identify(nbd, settings.contexts);
      const other = before && difference(before, now);
      if (other !== undefined) {
        throw new OtherDisk(`openDisk: ${address.name} serves another disk than before: ${other}`, 'ESTALE', { isFatal: true });
      }
      await settings.check?.(nbd as never);
      return now;
    });
    return { nbd, identity };
  } catch (error) {
    await nbd.close();
    throw error;
  }
}

async function prepare(nbd: RemoteDisk, { exportName, contexts, tls, prepare }: Settings): Promise<void> {
  if (exportName !== undefined) await nbd.setExportName(exportName);
  for (const context of contexts) await nbd.addMetaContext(context);
  if (tls !== false) await nbd.setTls(TLS_REQUIRE);
  if (typeof tls === 'object') await nbd.setTlsCredentials(tls);
  await prepare?.(nbd as never);
}

/** The error of an `openDisk` that found no server. */
export function noAddress(errors: readonly unknown[]): unknown {
  if (errors.length === 1) return errors[0];
  const reasons = errors.map((error) => (error instanceof Error ? error.message : String(error)));
  const message = `openDisk: none of ${errors.length} addresses could be connected to: ${reasons.join('; ')}`;
  return new NBDError(message, codeOf(errors.at(-1), 'ENOTCONN'), { cause: new AggregateError(errors, message), isFatal: true });
}
